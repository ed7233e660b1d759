"""Commerce as clients see it."""
