"""Point-in-time features beside a naive script."""
