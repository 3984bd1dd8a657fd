"""Full builds and nights over millions of events, beside a script, pandas and PySpark: `make bench`."""
