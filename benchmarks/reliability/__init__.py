"""Experiments that break things: what is done to real nights, and in how many of how many runs what must hold held."""
