"""Holds: money that is kept for somebody, and then taken or let go."""

from typing import Any
from uuid import UUID

from datasources.errors import InvalidInput, NotFound
from datasources.finance.errors import HoldEnded
from datasources.finance.ledger import HoldStatus
from datasources.finance.stores import Finance
from datasources.finance.transfers import TransferKind
from datasources.money import Money
from datasources.sql import Transaction
from datasources.table import Row
from loaders.finance import FinanceLoaders
from resolvers.context import Context
from resolvers.finance.moving import Order, base_minor_of, positive, posted
from resolvers.finance.transfers import MAX_TEXT
from resolvers.text import plain


async def hold(context: Context, account_id: UUID, money: Money, text: str, key: str) -> Any:
    """Keeps money of an account, once for `key`.

    Raises: Forbidden, InvalidInput, NotFound, InsufficientFunds, KeyReused.
    """
    context.actor.require("books:write")
    finance = context.of(Finance)
    account = await context.loaders.load(FinanceLoaders.account_by_id, account_id)
    if account is None:
        raise NotFound("account")
    minor, _ = positive(money, account.currency)
    text = plain(text, "text", MAX_TEXT)

    async def place(transaction: Transaction) -> str:
        accounts = await finance.ledger.accounts(transaction, [account_id])
        id = await finance.ledger.hold(transaction, accounts[account_id], minor, text)
        await finance.audit.note(transaction, "hold", id, amount_minor=minor)
        return str(id)

    request = {"account": account_id, "money": money, "text": text}
    placed = await finance.once(key, "hold", request).do(finance.sources.database, place)
    return await context.fresh(FinanceLoaders.hold_by_id, UUID(placed))


async def capture(context: Context, hold_id: UUID, to_number: str, money: Money | None, key: str) -> Any:
    """Takes what is held, or less of it, to another account of the same currency; the rest is free again.

    Raises: Forbidden, InvalidInput, NotFound, HoldEnded, RateUnknown, KeyReused.
    """
    context.actor.require("books:write")
    finance = context.of(Finance)
    held = await _must_see(context, hold_id)
    target = await finance.books.by_number(to_number.replace(" ", "").upper())
    if target is None:
        raise NotFound("account")
    if target.currency != held.currency or target.id == held.account_id:
        raise InvalidInput("toNumber", f"Name another account that is kept in {held.currency}.")
    taken = positive(money or Money(held.amount_minor, held.currency), held.currency)
    if taken.minor > held.amount_minor:
        raise InvalidInput("amount", "This is more than is held.")
    account = await context.loaders.load(FinanceLoaders.account_by_id, held.account_id)
    base_minor = await base_minor_of(finance, taken)

    async def take(transaction: Transaction) -> str:
        if await finance.transfers.of_hold(transaction, hold_id):
            raise HoldEnded
        await finance.ledger.accounts(transaction, [held.account_id, target.id])
        await finance.ledger.end_hold(transaction, hold_id, HoldStatus.CAPTURED)
        ends = (held.account_id, account.owner_id, target.id, target.owner_id)
        order = Order(TransferKind.CAPTURE, *ends, *taken, *taken, base_minor, held.text)
        return str(await posted(finance, transaction, order))

    request = {"hold": hold_id, "to": to_number, "money": money}
    taken_by = await finance.once(key, "capture", request).do(finance.sources.database, take)
    return await context.fresh(FinanceLoaders.transfer_by_id, UUID(taken_by))


async def release(context: Context, hold_id: UUID, key: str) -> Any:
    """Lets what is held go. Raises: Forbidden, InvalidInput, NotFound, HoldEnded, KeyReused."""
    context.actor.require("books:write")
    finance = context.of(Finance)
    await _must_see(context, hold_id)

    async def let_go(transaction: Transaction) -> bool:
        if await finance.transfers.of_hold(transaction, hold_id):
            raise HoldEnded
        await finance.ledger.end_hold(transaction, hold_id, HoldStatus.RELEASED)
        await finance.audit.note(transaction, "release", hold_id)
        return True

    await finance.once(key, "release", {"hold": hold_id}).do(finance.sources.database, let_go)
    return await context.fresh(FinanceLoaders.hold_by_id, hold_id)


async def _must_see(context: Context, id: UUID) -> Row:
    found: Row | None = await context.loaders.load(FinanceLoaders.hold_by_id, id)
    if found is None:
        raise NotFound("hold")
    return found
