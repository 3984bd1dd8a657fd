"""All that a user declares: contracts, settings, features, labels. It reads files and knows no run."""
