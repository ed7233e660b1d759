"""The machine: knows GraphQL and HTTP, and knows no domain."""
