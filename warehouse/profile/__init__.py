"""Profiles built, for whom anything changed."""
