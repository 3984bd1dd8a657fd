"""Great Expectations on DuckDB: the engine, suites compiled from contracts, and the gates they close."""
