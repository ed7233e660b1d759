"""Commerce: catalogue, customers, stock, carts, orders, payments and shipments of one shop."""
