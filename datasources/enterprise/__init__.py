"""The data of enterprise: customers as sales see them, suppliers, staff, invoices, and processes."""
