"""What a graph would break, and where it loads one by one, found out before it serves.

changes.py   what differs from a released schema, and whom it concerns
usage.py     what a document uses of a schema
shapes.py    edges and resolvers that load one by one
report.py    all of that, as a person reads it
"""
