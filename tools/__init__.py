"""Scripts that check the tree; each runs by itself."""
