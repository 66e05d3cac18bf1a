"""Typed facts, in their sources' words."""
