"""How many become one: batching loaders, declared per domain, made per operation."""
