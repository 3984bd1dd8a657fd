"""What an expert would write by hand instead: one DuckDB script for one shop."""
