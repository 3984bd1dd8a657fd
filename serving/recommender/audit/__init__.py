"""The audit of an export: its files among themselves (`files`), and against the generation (`known`, `past`)."""
