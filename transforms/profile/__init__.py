"""One row per customer: golden record, aggregates, segments, service mode."""
