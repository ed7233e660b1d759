"""What a field does: use cases and rules, without a word of GraphQL."""
