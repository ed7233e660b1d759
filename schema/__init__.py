"""What clients see: types, root fields, edges."""
