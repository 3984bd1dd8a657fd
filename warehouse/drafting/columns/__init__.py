"""What single columns hold: their names, their values, and the roles that they may have."""
