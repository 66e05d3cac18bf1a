"""The engine: who can reach what, for all packets at once, from the model."""
