"""Reports, alerts and deadlines: what an operator sees."""
