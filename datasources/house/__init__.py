"""What the house itself keeps, beside its domains: the documents that clients registered."""
