"""Which pairs of records are compared: those that share a rare blocking key."""
