"""Sample data of enterprise: a company that fits what the shop sold, the same every time."""
