"""Raw rows of tonight cleaned, and whatever else they touch."""
