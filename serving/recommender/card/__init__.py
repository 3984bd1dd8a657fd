"""The card of an export, one HTML page: its figures (`figures`), and how they are laid out (`page`)."""
