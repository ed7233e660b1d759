"""What people do with each other: use cases and rules of social."""
