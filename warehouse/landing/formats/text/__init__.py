"""CSV and JSON, record by record."""
