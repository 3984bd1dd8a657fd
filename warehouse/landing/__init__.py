"""Deliveries as files: found, told apart, read record by record, typed, landed."""
