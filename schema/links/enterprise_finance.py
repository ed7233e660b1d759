"""Invoices in the books."""

from loaders.finance import FinanceLoaders
from schema.cost import Cost
from schema.domain import Links
from schema.enterprise.invoices import Invoice
from schema.fields import edge
from schema.finance.books import Entry
from schema.links.linked import linked


@linked(Invoice)
class InvoicePostings:
    postings: list[Entry] = edge(
        FinanceLoaders.entries_by_invoice,
        key="id",
        cost=Cost(size=2),
        description="What it and its payment were booked as, the oldest first; none unless you may read the books, and "
        "none of one about an order, whose own postings say all.",
    )


LINKS = Links(between=("enterprise", "finance"))
