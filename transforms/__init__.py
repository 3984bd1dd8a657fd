"""Pure functions: clean, identify, profile. No file, clock, log or environment in them; time comes in as `as_of`."""
