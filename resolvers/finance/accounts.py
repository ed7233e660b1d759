"""Accounts: opened, seen, and what all of them are worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from datasources.errors import InvalidInput, NotFound
from datasources.finance.compliance import ScreeningStatus
from datasources.finance.errors import RateUnknown
from datasources.finance.events import EventType
from datasources.finance.ledger import AccountKind
from datasources.finance.rates import across
from datasources.finance.stores import Finance
from datasources.money import Currency, Money
from datasources.sql import Transaction
from loaders.finance import FinanceLoaders
from resolvers.context import Context
from resolvers.finance.screening import screened
from resolvers.text import plain

MAX_ACCOUNTS = 20
MAX_NAME = 120


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What a holder's accounts are worth together; `rates` are units of their currency for one euro."""

    value: Money
    accounts: Sequence[Any]


async def open_account(context: Context, currency: Currency, name: str, key: str) -> Any:
    """Opens a wallet for the actor, once for `key`. The holder's name is screened with the first.

    Raises: Unauthenticated, InvalidInput, KeyReused.
    """
    owner_id = context.actor.signed_in
    name = plain(name, "name", MAX_NAME)
    finance = context.of(Finance)
    once = finance.once(key, "openAccount", {"currency": currency, "name": name})
    if (first := await once.answer(finance.sources.database)) is not None:
        return await context.fresh(FinanceLoaders.account_by_id, UUID(first))
    known = await finance.compliance.get(owner_id)
    screening = ScreeningStatus(known.screening) if known else await screened(finance, name)

    async def open(transaction: Transaction) -> str:
        if not await finance.compliance.add_holder(transaction, owner_id, name, screening):
            await finance.ledger.holders(transaction, [owner_id])
        if await finance.books.count_of(transaction, owner_id) >= MAX_ACCOUNTS:
            raise InvalidInput("currency", f"A person has {MAX_ACCOUNTS} accounts at most.")
        id = await finance.ledger.open(transaction, AccountKind.WALLET, currency, owner_id)
        await finance.audit.note(transaction, "openAccount", id)
        return str(id)

    opened = await once.do(finance.sources.database, open)
    return await context.fresh(FinanceLoaders.account_by_id, UUID(opened))


async def limit_account(context: Context, id: UUID, limit: Money | None, key: str) -> Any:
    """Says how much may go out of one of the actor's accounts in a day; None for what its identity allows.

    Raises: Unauthenticated, InvalidInput, NotFound, KeyReused.
    """
    account = await must_own(context, id)
    if limit is not None and (limit.currency != account.currency or limit.minor < 0):
        raise InvalidInput("limit", f"Write an amount in {account.currency} that is not negative.")
    finance = context.of(Finance)

    async def change(transaction: Transaction) -> bool:
        await finance.books.limit(transaction, id, None if limit is None else limit.minor)
        await finance.events.append(transaction, EventType.ACCOUNT_CHANGED, id, owner=account.owner_id)
        await finance.audit.note(transaction, "limitAccount", id, limit_minor=limit and limit.minor)
        return True

    await finance.once(key, "limitAccount", {"id": id, "limit": limit}).do(finance.sources.database, change)
    return await context.fresh(FinanceLoaders.account_by_id, id)


async def portfolio(context: Context, currency: Currency) -> Portfolio:
    """The actor's accounts, and what they are worth at the newest rates. Raises: Unauthenticated, RateUnknown."""
    finance = context.of(Finance)
    accounts = await finance.books.own(context.actor.signed_in)
    rates = await finance.rates.latest()
    total = 0
    for account in accounts:
        rate: Decimal | None = across(rates, account.currency, currency)
        if rate is None:
            raise RateUnknown
        total += Money(account.booked_minor, account.currency).converted(rate, currency).minor
    return Portfolio(Money(total, currency), accounts)


async def trial_balance(context: Context) -> Any:
    """By currency and kind."""
    return await context.of(Finance).books.trial_balance()


async def must_own(context: Context, id: UUID) -> Any:
    """The account, which is the actor's own: to see it is not enough. Raises: Unauthenticated, NotFound."""
    owner_id = context.actor.signed_in
    account = next((one for one in await context.of(Finance).books.own(owner_id) if one.id == id), None)
    if account is None:
        raise NotFound("account")
    return account
