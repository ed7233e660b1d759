"""What buyers do: suppliers, prices, purchase orders, receipts, and what to order again."""
