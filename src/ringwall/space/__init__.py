"""Pure set algebra, without a word of any cloud."""
