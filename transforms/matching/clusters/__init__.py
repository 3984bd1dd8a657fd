"""From pairs to clusters: linkage, second looks, overrides."""
