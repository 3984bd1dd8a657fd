"""What tables hold: their kind, and the role of each column beside the others."""
