"""Point-in-time features, and the audit of what they may know."""
