"""The `c360` command."""
