"""What a contract says of an HTTP API: which requests give its records."""
