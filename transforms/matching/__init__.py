"""Who is who: records of one person found in any table, by a model that learns from the table itself."""
