"""Recommenders trained on the export."""
