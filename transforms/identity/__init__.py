"""Which accounts are one customer, under an id that lasts, and how well that fits a truth."""
