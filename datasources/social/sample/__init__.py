"""Sample data for development: people who talk about what a shop sells, the same every time."""
