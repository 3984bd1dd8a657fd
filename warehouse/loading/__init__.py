"""Landed rows merged into the raw tables, every record reconciled."""
