"""Drafting contracts from files."""
