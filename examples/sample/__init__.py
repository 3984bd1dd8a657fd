"""The seeded sample world, with its truth."""
