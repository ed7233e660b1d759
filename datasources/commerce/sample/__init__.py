"""Sample data for development: a shop with a past, the same every time."""
