"""An order of money as it moves: valued, ruled on, and booked or held."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from datasources.errors import InvalidInput
from datasources.finance.compliance import Level, ScreeningStatus
from datasources.finance.errors import RateUnknown
from datasources.finance.events import EventType
from datasources.finance.ledger import EntryKind
from datasources.finance.rates import across
from datasources.finance.stores import Finance
from datasources.finance.transfers import Side, TransferKind, TransferStatus
from datasources.money import Money
from datasources.sql import Transaction
from datasources.table import Row
from resolvers.context import Context
from resolvers.finance.rules import (
    BASE,
    LOOK_BACK,
    Ruling,
    flags,
    must_be_within_limits,
    ruling,
    start_of_day,
)
from resolvers.finance.settling import postings_of, tell, tell_posted


@dataclass(frozen=True, slots=True)
class Order:
    """A transfer as it is about to be written: the columns that say what moves from where to where."""

    kind: TransferKind
    from_account_id: UUID
    from_owner_id: UUID | None
    to_account_id: UUID
    to_owner_id: UUID | None
    amount_minor: int
    currency: str
    to_amount_minor: int
    to_currency: str
    base_minor: int
    text: str
    quote_id: UUID | None = None

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def people(self) -> dict[Side, UUID]:
        """Who sends it, and who else receives it; the house is nobody."""
        sides = {Side.SENT: self.from_owner_id, Side.RECEIVED: self.to_owner_id}
        if self.from_owner_id == self.to_owner_id:
            del sides[Side.RECEIVED]
        return {side: id for side, id in sides.items() if id is not None}

    @property
    def columns(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


async def sent(
    context: Context,
    finance: Finance,
    transaction: Transaction,
    order: Order,
    level: Level,
    recipient: ScreeningStatus,
) -> str:
    """Sends within the limits. The caller holds the holders."""
    accounts = await finance.ledger.accounts(transaction, await postings_of(finance, transaction, order))
    account = accounts[order.from_account_id]
    outgoing = await finance.transfers.outgoing(transaction, account, start_of_day(context.clock()))
    must_be_within_limits(order.money, order.base_minor, level, account.daily_limit_minor, outgoing)
    return await moved(context, finance, transaction, order, account, recipient)


async def moved(
    context: Context,
    finance: Finance,
    transaction: Transaction,
    order: Order,
    account: Row,
    recipient: ScreeningStatus,
) -> str:
    """Books it, or holds the money in `account`, which it comes from, where rules or the recipient say so.

    The caller holds the holders.
    """
    now, people = context.clock(), order.people
    recent = {
        side: await finance.transfers.recent(transaction, side, id, now - LOOK_BACK) for side, id in people.items()
    }
    found = flags(order.base_minor, now, recent)
    decided, reasons = ruling(found, recipient)
    if decided is Ruling.POST:
        return str(await posted(finance, transaction, order))
    status = TransferStatus.HELD if decided is Ruling.HOLD else TransferStatus.WAITING
    hold_id = await finance.ledger.hold(transaction, account, order.amount_minor, order.text)
    id = await finance.transfers.insert(transaction, **order.columns, status=status, entry_id=None, hold_id=hold_id)
    if decided is Ruling.HOLD:
        await finance.compliance.open_case(transaction, id, next(iter(people.values())), reasons)
    told = EventType.TRANSFER_HELD if decided is Ruling.HOLD else EventType.TRANSFER_WAITING
    await tell(finance, transaction, told, id, order.from_owner_id)
    await finance.audit.note(
        transaction, order.kind, id, amount_minor=order.amount_minor, currency=order.currency, ruling=decided
    )
    return str(id)


async def posted(finance: Finance, transaction: Transaction, order: Order) -> UUID:
    """Books it at once; the transfer's id. Raises: InsufficientFunds."""
    postings = await postings_of(finance, transaction, order)
    entry_id = await finance.ledger.post(transaction, EntryKind(order.kind), postings, order.text)
    id = await finance.transfers.insert(
        transaction, **order.columns, status=TransferStatus.POSTED, entry_id=entry_id, hold_id=None
    )
    await tell_posted(finance, transaction, id, order.from_owner_id, order.to_owner_id)
    await finance.audit.note(transaction, order.kind, id, amount_minor=order.amount_minor, currency=order.currency)
    return id


async def base_minor_of(finance: Finance, money: Money) -> int:
    """What it is worth in euro cents, at the newest rate that we have. Raises: RateUnknown."""
    if money.currency == BASE:
        return money.minor
    rate = across(await finance.rates.latest(), money.currency, BASE)
    if rate is None:
        raise RateUnknown
    return money.converted(rate, BASE).minor


def positive(money: Money, currency: str) -> Money:
    """Raises: InvalidInput."""
    if money.minor < 1:
        raise InvalidInput("amount", "Write an amount above zero.")
    if money.currency != currency:
        raise InvalidInput("amount", f"This account is kept in {currency}; write the amount in it.")
    return money
