"""Identity resolution beside peers."""
