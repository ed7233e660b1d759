"""What buyers work with: suppliers and their prices, purchase orders, receipts, reorder points."""
