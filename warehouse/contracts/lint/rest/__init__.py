"""Rules for sources that are HTTP APIs."""
