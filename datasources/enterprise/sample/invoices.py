"""Sample invoices: about the newest orders that were sent, in their order; some are still to be paid, some are late."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from datasources.enterprise.invoices import Direction, InvoiceStatus
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import EMPLOYEES, INVOICE_LINES, INVOICE_NUMBERS, INVOICES
from datasources.ids import uuid7

INVOICED = 60
_TERM = timedelta(days=14)
_UNPAID = 4
"""Of so many one is not paid."""


async def fill_invoices(
    sources: EnterpriseSources,
    shipped: Sequence[Any],
    *,
    sandbox_url: str | None = None,
    progress: Callable[[str, float], None] = lambda what, done: None,
) -> bool:
    """Invoices about the orders of these lines; False where there is one. Raises: SourceError."""
    drafted_by = await sources.database.scalar(sa.select(EMPLOYEES.c.id).where(EMPLOYEES.c.role == "accountant"))
    if drafted_by is None or await sources.database.scalar(sa.select(sa.exists(sa.select(INVOICES.c.id)))):
        return False
    invoices: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    last: dict[int, int] = {}
    for place, (_, of_order) in enumerate(groupby(shipped, key=lambda line: line.id)):
        sold = list(of_order)
        order, at = sold[0], sold[0].placed_at
        number = last[at.year] = last.get(at.year, 0) + 1
        tax_minor = sum(line.tax_minor for line in sold)
        paid = place % _UNPAID != 0
        id = uuid7(at)
        invoices.append(
            {
                "id": id,
                "direction": Direction.RECEIVABLE,
                "status": InvoiceStatus.PAID if paid else InvoiceStatus.ISSUED,
                "customer_id": order.customer_id,
                "number": f"{at.year}-{number:06}",
                "order_id": order.id,
                "currency": order.currency,
                "tax_minor": tax_minor,
                "gross_minor": tax_minor + sum(line.quantity * line.unit_price_minor for line in sold),
                "issued_on": at.date().isoformat(),
                "due_on": (at + _TERM).date().isoformat(),
                "paid_on": at.date().isoformat() if paid else None,
                "overdue_told": False,
                "drafted_by": drafted_by,
                "created_at": at,
            }
        )
        lines += [
            {
                "invoice_id": id,
                "position": position,
                "product_id": line.product_id,
                "text": line.name,
                "quantity": line.quantity,
                "unit_minor": line.unit_price_minor,
                # Nothing is sold at another rate than whole percents.
                "tax_bps": round(100 * line.tax_minor / (line.quantity * line.unit_price_minor)) * 100,
                "tax_minor": line.tax_minor,
            }
            for position, line in enumerate(sold, 1)
        ]
    if not invoices:
        return False

    def write(connection: sa.Connection) -> None:
        connection.execute(sa.insert(INVOICES), invoices)
        connection.execute(sa.insert(INVOICE_LINES), lines)
        connection.execute(sa.insert(INVOICE_NUMBERS), [{"year": year, "last": n} for year, n in last.items()])

    await sources.database.in_one_thread(write)
    return True
