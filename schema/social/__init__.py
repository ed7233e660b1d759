"""Social as clients see it."""
