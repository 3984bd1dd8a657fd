"""A table of people as fields that can be compared."""
