"""Crm as staff see it."""
