"""Money moves: in, out, from one to another, and back; each once for its key, within limits, under the rules."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from datasources.errors import InvalidInput, NotFound
from datasources.finance.compliance import Level, ScreeningStatus
from datasources.finance.errors import NotReversible, NotScreened, RateUnknown
from datasources.finance.events import EventType
from datasources.finance.ledger import AccountKind, EntryKind, is_account_number
from datasources.finance.rates import across
from datasources.finance.stores import Finance
from datasources.finance.transfers import TransferKind, TransferStatus
from datasources.money import Currency, Money
from datasources.sql import Transaction
from loaders.finance import FinanceLoaders
from resolvers.context import Context
from resolvers.finance.accounts import must_own, one_line
from resolvers.finance.rules import (
    BASE,
    LOOK_BACK,
    Ruling,
    flags,
    must_be_within_limits,
    ruling,
    start_of_day,
)
from resolvers.finance.screening import screened
from resolvers.finance.settling import postings_of, tell, tell_posted

MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Send:
    """`money` leaves the account, in its currency; between two currencies at the rate of the quote."""

    account_id: UUID
    to_number: str
    money: Money
    quote_id: UUID | None
    text: str


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
    def columns(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


async def transfer(context: Context, command: Send, key: str) -> Any:
    """Sends the actor's money to an account, once for `key`. The transfer's status says whether it went on.

    Raises: Unauthenticated, InvalidInput, NotFound, InsufficientFunds, LimitReached, NotScreened, QuoteExpired,
    RateUnknown, KeyReused.
    """
    finance = context.of(Finance)
    once = finance.once(key, "transfer", command)
    if (first := await once.answer(finance.sources.database)) is not None:
        return await fresh_transfer(context, UUID(first["transfer"]))
    source = await must_own(context, command.account_id)
    number = command.to_number.replace(" ", "").upper()
    if not is_account_number(number):
        raise InvalidInput(
            "toNumber", "This is no account's number; look for a slip: two of its digits check the rest."
        )
    target = await finance.books.by_number(number)
    if target is None or target.owner_id is None:
        raise NotFound("account")
    if target.id == source.id:
        raise InvalidInput("toNumber", "This is the account that the money comes from; name another.")
    if (target.currency != source.currency) != (command.quote_id is not None):
        raise InvalidInput("quoteId", "Send a quote where the accounts' currencies differ, and only there.")
    order = Order(
        TransferKind.TRANSFER,
        source.id,
        source.owner_id,
        target.id,
        target.owner_id,
        *positive(command.money, source.currency),
        *command.money,
        await base_minor_of(finance, command.money),
        one_line(command.text, "text", MAX_TEXT),
    )
    recipient = await _recipient(finance, source.owner_id, target.owner_id)

    async def send(transaction: Transaction) -> dict[str, str]:
        level = await _must_be_clear(finance, transaction, source.owner_id)
        asked = (
            order
            if command.quote_id is None
            else await _quoted(finance, transaction, order, command.quote_id, target.currency)
        )
        return await _sent(context, finance, transaction, asked, level, recipient)

    done = await once.do(finance.sources.database, send)
    return await fresh_transfer(context, UUID(done["transfer"]))


async def withdraw(context: Context, account_id: UUID, money: Money, text: str, key: str) -> Any:
    """Pays the actor's money out, once for `key`.

    Raises: Unauthenticated, InvalidInput, NotFound, InsufficientFunds, LimitReached, NotScreened, RateUnknown,
    KeyReused.
    """
    finance = context.of(Finance)
    source = await must_own(context, account_id)
    minor, currency = positive(money, source.currency)
    text = one_line(text, "text", MAX_TEXT)
    base_minor = await base_minor_of(finance, money)
    request = {"account": account_id, "money": money, "text": text}

    async def send(transaction: Transaction) -> dict[str, str]:
        level = await _must_be_clear(finance, transaction, source.owner_id)
        cash = await finance.ledger.of_house(transaction, AccountKind.CASH, currency)
        ends = (source.id, source.owner_id, cash, None)
        order = Order(TransferKind.WITHDRAWAL, *ends, minor, currency, minor, currency, base_minor, text)
        return await _sent(context, finance, transaction, order, level, ScreeningStatus.CLEAR)

    done = await finance.once(key, "withdraw", request).do(finance.sources.database, send)
    return await fresh_transfer(context, UUID(done["transfer"]))


async def deposit(context: Context, account_id: UUID, money: Money, text: str, key: str) -> Any:
    """Books money that came in for an account, once for `key`.

    Raises: Forbidden, InvalidInput, NotFound, RateUnknown, KeyReused.
    """
    context.actor.require("books:write")
    finance = context.of(Finance)
    target = await context.loaders.load(FinanceLoaders.account_by_id, account_id)
    if target is None or target.owner_id is None:
        raise NotFound("account")
    minor, currency = positive(money, target.currency)
    text = one_line(text, "text", MAX_TEXT)
    base_minor = await base_minor_of(finance, money)
    request = {"account": account_id, "money": money, "text": text}

    async def book(transaction: Transaction) -> dict[str, str]:
        cash = await finance.ledger.of_house(transaction, AccountKind.CASH, currency)
        ends = (cash, None, target.id, target.owner_id)
        order = Order(TransferKind.DEPOSIT, *ends, minor, currency, minor, currency, base_minor, text)
        return {"transfer": str(await posted(finance, transaction, order))}

    done = await finance.once(key, "deposit", request).do(finance.sources.database, book)
    return await fresh_transfer(context, UUID(done["transfer"]))


async def reverse(context: Context, id: UUID, text: str, key: str) -> Any:
    """Books the opposite of a transfer; nothing is deleted.

    Raises: Forbidden, InvalidInput, NotFound, NotReversible, InsufficientFunds where the money is spent, KeyReused.
    """
    context.actor.require("books:write")
    finance = context.of(Finance)
    text = one_line(text, "text", MAX_TEXT)

    async def book(transaction: Transaction) -> dict[str, str]:
        transfer = await finance.transfers.hold(transaction, id)
        if transfer is None:
            raise NotFound("transfer")
        if transfer.status != TransferStatus.POSTED:
            raise NotReversible
        lines = await finance.ledger.lines_of(transaction, transfer.entry_id)
        opposite = {account: -minor for account, minor in lines.items()}
        await finance.ledger.post(transaction, EntryKind.REVERSAL, opposite, text, reverses_id=transfer.entry_id)
        await finance.transfers.advance(transaction, id, TransferStatus.REVERSED)
        for owner_id in {transfer.from_owner_id, transfer.to_owner_id} - {None}:
            await tell(finance, transaction, EventType.TRANSFER_REVERSED, id, owner_id)
        await finance.audit.note(transaction, "reverse", id, text=text)
        return {"transfer": str(id)}

    await finance.once(key, "reverse", {"transfer": id, "text": text}).do(finance.sources.database, book)
    return await fresh_transfer(context, id)


async def quote_rate(context: Context, currency: Currency, to_currency: Currency) -> Any:
    """Promises the actor the rate of now, for QUOTE_HOLDS. Raises: Unauthenticated, InvalidInput, RateUnknown."""
    _ = context.actor.signed_in
    if currency == to_currency:
        raise InvalidInput("toCurrency", "Name two currencies.")
    finance = context.of(Finance)
    rate = across(await finance.rates.latest(), currency, to_currency)
    if rate is None:
        raise RateUnknown
    async with finance.sources.database.transaction() as transaction:
        id = await finance.transfers.promise(transaction, currency, to_currency, f"{rate:f}")
    return await finance.transfers.quote(id)


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


async def fresh_transfer(context: Context, id: UUID) -> Any:
    context.loaders.forget()
    return await context.loaders.load(FinanceLoaders.transfer_by_id, id)


async def _sent(
    context: Context,
    finance: Finance,
    transaction: Transaction,
    order: Order,
    level: Level,
    recipient: ScreeningStatus,
) -> dict[str, str]:
    """Sends, or holds the money where rules or the recipient say so. The caller holds the holder."""
    now = context.clock()
    account = (await finance.ledger.accounts(transaction, await postings_of(finance, transaction, order)))[
        order.from_account_id
    ]
    outgoing = await finance.transfers.outgoing(transaction, account, start_of_day(now))
    must_be_within_limits(order.money, order.base_minor, level, account.daily_limit_minor, outgoing)
    recent = await finance.transfers.recent(transaction, account.owner_id, now - LOOK_BACK)
    decided, reasons = ruling(flags(order.base_minor, now, recent), recipient)
    if decided is Ruling.POST:
        return {"transfer": str(await posted(finance, transaction, order))}
    status = TransferStatus.HELD if decided is Ruling.HOLD else TransferStatus.WAITING
    hold_id = await finance.ledger.hold(transaction, account, order.amount_minor, order.text)
    id = await finance.transfers.insert(transaction, **order.columns, status=status, entry_id=None, hold_id=hold_id)
    if decided is Ruling.HOLD:
        await finance.compliance.open_case(transaction, id, account.owner_id, reasons)
    told = EventType.TRANSFER_HELD if decided is Ruling.HOLD else EventType.TRANSFER_WAITING
    await tell(finance, transaction, told, id, order.from_owner_id)
    await finance.audit.note(
        transaction, order.kind, id, amount_minor=order.amount_minor, currency=order.currency, ruling=decided
    )
    return {"transfer": str(id)}


async def _quoted(finance: Finance, transaction: Transaction, order: Order, quote_id: UUID, to_currency: str) -> Order:
    """Raises: QuoteExpired, InvalidInput where nothing would come of it."""
    quote = await finance.transfers.use_quote(transaction, quote_id, order.currency, to_currency)
    received = order.money.converted(Decimal(quote.rate), to_currency)
    if received.minor < 1:
        raise InvalidInput("amount", f"This is worth nothing in {to_currency}; send more.")
    return replace(order, to_amount_minor=received.minor, to_currency=to_currency, quote_id=quote_id)


async def _must_be_clear(finance: Finance, transaction: Transaction, owner_id: UUID) -> Level:
    """Holds the holder; how well we know who it is. Raises: NotScreened, of a hit too: nobody is to be warned."""
    holder = await finance.ledger.hold_holder(transaction, owner_id)
    if holder is None or holder.screening != ScreeningStatus.CLEAR:
        raise NotScreened
    return Level(holder.level)


async def _recipient(finance: Finance, from_owner_id: UUID, to_owner_id: UUID) -> ScreeningStatus:
    """CLEAR for oneself and for whom one has sent to before; whoever is new is asked about, now.

    HIT for whom it is known of already, however often one has sent there.
    """
    if from_owner_id == to_owner_id:
        return ScreeningStatus.CLEAR
    recipient = await finance.compliance.get(to_owner_id)
    if recipient is not None and recipient.screening == ScreeningStatus.HIT:
        return ScreeningStatus.HIT
    if await finance.transfers.knows(from_owner_id, to_owner_id):
        return ScreeningStatus.CLEAR
    return ScreeningStatus.HIT if recipient is None else await screened(finance, finance.compliance.name_of(recipient))


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
