"""What the house itself keeps, beside its domains: registered documents, and who was signed out."""
