"""The seeded sample world, and contracts for real public data."""
