"""Single values cleaned: how they are shown, and the key by which two are the same."""
