"""The database of enterprise at a glance, an area a file; `policies.py` says which rows an actor sees.

What is of another domain (a customer, an order, a product, a warehouse) is kept by its id; that domain says what it is.
Amounts are minor units of the row's currency.
"""

from datasources.enterprise.tables.base import METADATA
from datasources.enterprise.tables.crm import (
    ACTIVITIES,
    COMPANIES,
    CONTACTS,
    OPPORTUNITIES,
    TICKET_COMMENTS,
    TICKETS,
)
from datasources.enterprise.tables.invoices import INVOICE_LINES, INVOICE_NUMBERS, INVOICES
from datasources.enterprise.tables.processes import APPROVALS, RUN_STEPS, RUNS, WORKFLOW_VERSIONS, WORKFLOWS
from datasources.enterprise.tables.staff import CHANGES, DEPARTMENTS, EMPLOYEES
from datasources.enterprise.tables.supply import (
    GOODS_RECEIPTS,
    PURCHASE_LINES,
    PURCHASE_ORDERS,
    RECEIPT_LINES,
    REORDER_POINTS,
    SUPPLIER_PRICES,
    SUPPLIERS,
)
from datasources.events import events_table, offsets_table
from datasources.idempotency import idempotency_table

EVENTS, OFFSETS, IDEMPOTENCY = events_table(METADATA), offsets_table(METADATA), idempotency_table(METADATA)

__all__ = [
    "ACTIVITIES",
    "APPROVALS",
    "CHANGES",
    "COMPANIES",
    "CONTACTS",
    "DEPARTMENTS",
    "EMPLOYEES",
    "EVENTS",
    "GOODS_RECEIPTS",
    "IDEMPOTENCY",
    "INVOICES",
    "INVOICE_LINES",
    "INVOICE_NUMBERS",
    "METADATA",
    "OFFSETS",
    "OPPORTUNITIES",
    "PURCHASE_LINES",
    "PURCHASE_ORDERS",
    "RECEIPT_LINES",
    "REORDER_POINTS",
    "RUNS",
    "RUN_STEPS",
    "SUPPLIERS",
    "SUPPLIER_PRICES",
    "TICKETS",
    "TICKET_COMMENTS",
    "WORKFLOWS",
    "WORKFLOW_VERSIONS",
]
