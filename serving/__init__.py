"""What people and programs use: the `c360` command and read-only SQL."""
