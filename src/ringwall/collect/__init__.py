"""Sources → facts."""
