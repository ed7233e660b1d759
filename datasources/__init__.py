"""Where data lives: SQL databases, REST services, the event log."""
