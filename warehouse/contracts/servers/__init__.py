"""Where deliveries come from, by kinds of servers."""
