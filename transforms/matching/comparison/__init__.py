"""Levels of agreement per field of a pair, and how common the shared value is."""
