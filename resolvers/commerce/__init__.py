"""The use cases and rules of commerce."""
