"""Who can reach what."""
