"""What the shop does becomes postings: an order that is paid, refunds, and refunds that came back.

The events of commerce say all that is needed, so that neither domain knows the other. Each is posted once for its
source, and in the transaction that moves the consumer on.
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


async def post_order(context: Context, transaction: Transaction, event: Event) -> None:
    """Posts what the event tells of an order; nothing of what was told without amounts, before there was finance."""
    if "currency" not in event.data:
        return
    finance = context.of(Finance)
    refund = event.data.get("refund")
    source = f"{event.type}:{refund or event.subject}"
    if await finance.ledger.by_source(transaction, source) is not None:
        return
    if event.type == REFUND_FAILED:
        entry_id = await _take_back(finance, transaction, event, source)
    else:
        shares = await _shares(finance, transaction, event)
        kind = EntryKind.SALE if event.type == SHIPPED else EntryKind.REFUND
        accounts = {
            account: await finance.ledger.of_house(transaction, account, event.data["currency"]) for account in shares
        }
        postings = {accounts[account]: minor for account, minor in shares.items() if minor}
        entry_id = await finance.ledger.post(
            transaction, kind, postings, f"Order {event.type.partition('.')[2]}", order_id=event.subject, source=source
        )
    if entry_id is not None:
        await finance.audit.note(transaction, "postOrder", entry_id, order=str(event.subject), source=source)


async def _take_back(finance: Finance, transaction: Transaction, event: Event, source: str) -> UUID | None:
    """The opposite of a refund that came back; None where that was never posted."""
    refunded = await finance.ledger.by_source(transaction, f"{REFUNDED}:{event.data['refund']}")
    if refunded is None:
        return None
    opposite = {id: -minor for id, minor in (await finance.ledger.lines_of(transaction, refunded)).items()}
    return await finance.ledger.post(
        transaction,
        EntryKind.REVERSAL,
        opposite,
        "Refund came back",
        order_id=event.subject,
        source=source,
        reverses_id=refunded,
    )


async def _shares(finance: Finance, transaction: Transaction, event: Event) -> Mapping[AccountKind, int]:
    amount_minor = event.data["amount_minor"]
    if event.type == SHIPPED:
        return sale(amount_minor, event.data["tax_minor"])
    before = await finance.ledger.of_order(transaction, event.subject)
    return refund(amount_minor, before)


def sale(amount_minor: int, tax_minor: int) -> Mapping[AccountKind, int]:
    """The payment service owes us what the customer paid; of it some is the state's."""
    return {
        AccountKind.CLEARING: -amount_minor,
        AccountKind.REVENUE: amount_minor - tax_minor,
        AccountKind.TAX: tax_minor,
    }


def refund(amount_minor: int, booked: Mapping[AccountKind, int]) -> Mapping[AccountKind, int]:
    """Of what is still `booked` of the order, by account, the tax goes back in proportion; the last takes all of it."""
    left = -booked.get(AccountKind.CLEARING, 0)
    tax_left = booked.get(AccountKind.TAX, 0)
    tax_minor = tax_left * amount_minor // left if left > 0 else 0
    return {
        AccountKind.CLEARING: amount_minor,
        AccountKind.REVENUE: tax_minor - amount_minor,
        AccountKind.TAX: -tax_minor,
    }
