"""Files, folders and standard input → facts."""
