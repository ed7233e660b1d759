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
from resolvers.finance.accounts import must_own
from resolvers.finance.moving import Order, base_minor_of, moved, positive, sent
from resolvers.finance.screening import screened
from resolvers.finance.settling import tell
from resolvers.text import plain

MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Send:
    """`money` leaves the account, in its currency; between two currencies at the rate of the quote."""

    account_id: UUID
    to_number: str
    money: Money
    quote_id: UUID | None
    text: str


async def transfer(context: Context, command: Send, key: str) -> Any:
    """Sends the actor's money to an account, once for `key`. The transfer's status says whether it went on.

    Raises: Unauthenticated, InvalidInput, NotFound, InsufficientFunds, LimitReached, NotScreened, QuoteExpired,
    RateUnknown, KeyReused.
    """
    finance = context.of(Finance)
    once = finance.once(key, "transfer", command)
    if (first := await once.answer(finance.sources.database)) is not None:
        return await context.fresh(FinanceLoaders.transfer_by_id, UUID(first))
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
        plain(command.text, "text", MAX_TEXT),
    )
    recipient = await _recipient(finance, source.owner_id, target.owner_id)

    async def send(transaction: Transaction) -> str:
        level = await _must_be_clear(finance, transaction, source.owner_id, target.owner_id)
        asked = (
            order
            if command.quote_id is None
            else await _quoted(finance, transaction, order, command.quote_id, target.currency)
        )
        return await sent(context, finance, transaction, asked, level, recipient)

    done = await once.do(finance.sources.database, send)
    return await context.fresh(FinanceLoaders.transfer_by_id, UUID(done))


async def withdraw(context: Context, account_id: UUID, money: Money, text: str, key: str) -> Any:
    """Pays the actor's money out, once for `key`.

    Raises: Unauthenticated, InvalidInput, NotFound, InsufficientFunds, LimitReached, NotScreened, RateUnknown,
    KeyReused.
    """
    finance = context.of(Finance)
    source = await must_own(context, account_id)
    minor, currency = positive(money, source.currency)
    text = plain(text, "text", MAX_TEXT)
    base_minor = await base_minor_of(finance, money)
    request = {"account": account_id, "money": money, "text": text}

    async def send(transaction: Transaction) -> str:
        level = await _must_be_clear(finance, transaction, source.owner_id)
        cash = await finance.ledger.of_house(transaction, AccountKind.CASH, currency)
        ends = (source.id, source.owner_id, cash, None)
        order = Order(TransferKind.WITHDRAWAL, *ends, minor, currency, minor, currency, base_minor, text)
        return await sent(context, finance, transaction, order, level, ScreeningStatus.CLEAR)

    done = await finance.once(key, "withdraw", request).do(finance.sources.database, send)
    return await context.fresh(FinanceLoaders.transfer_by_id, UUID(done))


async def deposit(context: Context, account_id: UUID, money: Money, text: str, key: str) -> Any:
    """Books money that came in for an account, once for `key`; or holds it at the bank where rules say so.

    Raises: Forbidden, InvalidInput, NotFound, RateUnknown, KeyReused.
    """
    context.actor.require("books:write")
    finance = context.of(Finance)
    target = await context.loaders.load(FinanceLoaders.account_by_id, account_id)
    if target is None or target.owner_id is None:
        raise NotFound("account")
    minor, currency = positive(money, target.currency)
    text = plain(text, "text", MAX_TEXT)
    base_minor = await base_minor_of(finance, money)
    request = {"account": account_id, "money": money, "text": text}

    async def book(transaction: Transaction) -> str:
        await finance.ledger.holders(transaction, [target.owner_id])
        cash = await finance.ledger.of_house(transaction, AccountKind.CASH, currency)
        ends = (cash, None, target.id, target.owner_id)
        order = Order(TransferKind.DEPOSIT, *ends, minor, currency, minor, currency, base_minor, text)
        accounts = await finance.ledger.accounts(transaction, (cash, target.id))
        return await moved(context, finance, transaction, order, accounts[cash], ScreeningStatus.CLEAR)

    done = await finance.once(key, "deposit", request).do(finance.sources.database, book)
    return await context.fresh(FinanceLoaders.transfer_by_id, UUID(done))


async def reverse(context: Context, id: UUID, text: str, key: str) -> Any:
    """Books the opposite of a transfer; nothing is deleted.

    Raises: Forbidden, InvalidInput, NotFound, NotReversible, InsufficientFunds where the money is spent, KeyReused.
    """
    context.actor.require("books:write")
    finance = context.of(Finance)
    text = plain(text, "text", MAX_TEXT)

    async def book(transaction: Transaction) -> str:
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
        return str(id)

    await finance.once(key, "reverse", {"transfer": id, "text": text}).do(finance.sources.database, book)
    return await context.fresh(FinanceLoaders.transfer_by_id, id)


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
        await finance.audit.note(transaction, "quoteRate", id)
    return await finance.transfers.quote(id)


async def _quoted(finance: Finance, transaction: Transaction, order: Order, quote_id: UUID, to_currency: str) -> Order:
    """Raises: QuoteExpired, InvalidInput where nothing would come of it."""
    quote = await finance.transfers.use_quote(transaction, quote_id, order.currency, to_currency)
    received = order.money.converted(Decimal(quote.rate), to_currency)
    if received.minor < 1:
        raise InvalidInput("amount", f"This is worth nothing in {to_currency}; send more.")
    return replace(order, to_amount_minor=received.minor, to_currency=to_currency, quote_id=quote_id)


async def _must_be_clear(finance: Finance, transaction: Transaction, owner_id: UUID, *others: UUID) -> Level:
    """Holds the holders; how well we know who it is.

    Raises: NotScreened, of a hit too: nobody is to be warned.
    """
    holder = (await finance.ledger.holders(transaction, (owner_id, *others))).get(owner_id)
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
