"""Enterprise as clients see it."""
