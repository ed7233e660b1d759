"""What the company does becomes postings: orders that are paid, refunds, refunds that came back; invoices, of customers
and of suppliers, and their payments.

The events of other domains say all that is needed, so that none knows the other. Each is posted once for its source,
and in the transaction that moves the consumer on.
"""

from collections.abc import Mapping
from uuid import UUID

from datasources.events import Event
from datasources.finance.ledger import AccountKind, EntryKind
from datasources.finance.stores import Finance
from datasources.sql import Transaction
from resolvers.context import Context

SHIPPED, REFUNDED, REFUND_FAILED = "order.shipped", "order.refunded", "order.refund_failed"
ORDER_TYPES = frozenset((SHIPPED, REFUNDED, REFUND_FAILED))
ISSUED, PAID, CANCELLED = "invoice.issued", "invoice.paid", "invoice.cancelled"
INVOICE_TYPES = frozenset((ISSUED, PAID, CANCELLED))

Shares = Mapping[AccountKind, int]
"""Minor units by the house's own accounts: credited where positive, debited where negative."""


async def post_order(context: Context, transaction: Transaction, event: Event) -> None:
    """Posts what the event tells of an order; nothing of what was told without amounts, before there was finance."""
    if "currency" not in event.data:
        return
    finance = context.of(Finance)
    refund = event.data.get("refund")
    posting = _Posting(finance, transaction, event, f"{event.type}:{refund or event.subject}", order_id=event.subject)
    if event.type == REFUND_FAILED:
        await posting.take_back(f"{REFUNDED}:{refund}", "Refund came back")
    elif event.type == REFUNDED:
        before = await finance.ledger.of_order(transaction, event.subject)
        await posting.book(EntryKind.REFUND, refunded(event.data["amount_minor"], before), "Order refunded")
    else:
        shares = sale(event.data["amount_minor"], event.data["tax_minor"])
        await posting.book(EntryKind.SALE, shares, "Order shipped")


async def post_invoice(context: Context, transaction: Transaction, event: Event) -> None:
    """Posts what the event tells of an invoice; nothing of one about an order, which is posted when it is shipped."""
    if event.data.get("order") is not None:
        return
    finance = context.of(Finance)
    posting = _Posting(finance, transaction, event, f"{event.type}:{event.subject}", invoice_id=event.subject)
    number, amount_minor, is_ours = (
        event.data["number"],
        event.data["amount_minor"],
        event.data["direction"] == "receivable",
    )
    if event.type == CANCELLED:
        await posting.take_back(f"{ISSUED}:{event.subject}", f"Invoice {number} cancelled")
    elif event.type == PAID:
        await posting.book(EntryKind.PAYMENT, (received if is_ours else paid)(amount_minor), f"Invoice {number} paid")
    else:
        shares = (owed_to_us if is_ours else owed)(amount_minor, event.data["tax_minor"])
        await posting.book(EntryKind.INVOICE, shares, f"Invoice {number}")


class _Posting:
    """Of an event, once for its source."""

    def __init__(self, finance: Finance, transaction: Transaction, event: Event, source: str, **document: UUID) -> None:
        self._finance = finance
        self._transaction = transaction
        self._event = event
        self._source = source
        self._document = document

    async def book(self, kind: EntryKind, shares: Shares, text: str) -> None:
        ledger, currency = self._finance.ledger, self._event.data["currency"]
        postings = {
            await ledger.of_house(self._transaction, account, currency): minor
            for account, minor in shares.items()
            if minor
        }
        await self._post(kind, postings, text, None)

    async def take_back(self, source: str, text: str) -> None:
        """Books the opposite of what was posted of that source; nothing where nothing was."""
        reversed_id = await self._finance.ledger.by_source(self._transaction, source)
        if reversed_id is not None:
            lines = await self._finance.ledger.lines_of(self._transaction, reversed_id)
            await self._post(EntryKind.REVERSAL, {id: -minor for id, minor in lines.items()}, text, reversed_id)

    async def _post(self, kind: EntryKind, postings: Mapping[UUID, int], text: str, reverses_id: UUID | None) -> None:
        finance, transaction, source = self._finance, self._transaction, self._source
        if not postings or await finance.ledger.by_source(transaction, source) is not None:
            return
        entry_id = await finance.ledger.post(
            transaction, kind, postings, text, source=source, reverses_id=reverses_id, **self._document
        )
        about = {name.removesuffix("_id"): str(id) for name, id in self._document.items()}
        await finance.audit.note(transaction, "post", entry_id, source=source, **about)


def sale(amount_minor: int, tax_minor: int) -> Shares:
    """The payment service owes us what the customer paid; of it some is the state's."""
    return {
        AccountKind.CLEARING: -amount_minor,
        AccountKind.REVENUE: amount_minor - tax_minor,
        AccountKind.TAX: tax_minor,
    }


def refunded(amount_minor: int, booked: Shares) -> Shares:
    """Of what is still `booked` of the order, by account, the tax goes back in proportion; the last takes all of it."""
    left = -booked.get(AccountKind.CLEARING, 0)
    tax_left = booked.get(AccountKind.TAX, 0)
    tax_minor = tax_left * amount_minor // left if left > 0 else 0
    return {
        AccountKind.CLEARING: amount_minor,
        AccountKind.REVENUE: tax_minor - amount_minor,
        AccountKind.TAX: -tax_minor,
    }


def owed_to_us(amount_minor: int, tax_minor: int) -> Shares:
    """A customer owes what the invoice says; of it some is the state's."""
    return {
        AccountKind.RECEIVABLE: -amount_minor,
        AccountKind.REVENUE: amount_minor - tax_minor,
        AccountKind.TAX: tax_minor,
    }


def owed(amount_minor: int, tax_minor: int) -> Shares:
    """We owe a supplier what the invoice says; of it the state gives some back."""
    return {
        AccountKind.PAYABLE: amount_minor,
        AccountKind.EXPENSE: tax_minor - amount_minor,
        AccountKind.INPUT_TAX: -tax_minor,
    }


def received(amount_minor: int) -> Shares:
    return {AccountKind.CASH: -amount_minor, AccountKind.RECEIVABLE: amount_minor}


def paid(amount_minor: int) -> Shares:
    return {AccountKind.PAYABLE: -amount_minor, AccountKind.CASH: amount_minor}
