"""A checked run becomes a generation; what consumers get instead of customer ids."""
