"""What staff work with: use cases and rules of enterprise."""
