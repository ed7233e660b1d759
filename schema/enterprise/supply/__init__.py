"""Supply as staff see it."""
