"""Speed beside hand-written scripts, in one run: `make bench`."""
