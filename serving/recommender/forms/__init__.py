"""The forms in which an export holds the same rows: Parquet, RecBole, sparse matrices, and a Feast repository."""
