"""What events come to: facts per account and day, and their sums per customer."""
