"""Sweeping: what only keeps repeats from being done twice goes when nobody repeats it any more; so do old events."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from datasources.idempotency import forget_keys
from datasources.sql import Transaction
from datasources.store import DomainStores
from resolvers.background import Background
from resolvers.context import Context

EVERY_S = 600.0
KEPT = timedelta(days=30)
"""Clients repeat within minutes and the payment service sends an event for three days; a person may send one again by
hand for as long as the service lists it, which is thirty."""

Also = Callable[[Any, Transaction, datetime], Awaitable[Any]]
"""What else a domain forgets, by its stores, of what was before now."""


def sweeping(what: str, stores: type[DomainStores[Any]], also: Also | None = None) -> Background:
    """Forgets keys that are older than KEPT, events that are older than the house keeps them, and `also` more.

    May run anywhere, several times at once.
    """

    async def sweep(context: Context) -> None:
        domain: Any = context.of(stores)
        now = context.clock()
        async with domain.sources.database.transaction() as transaction:
            await forget_keys(stores.keys, transaction, now - KEPT)
            if also is not None:
                await also(domain, transaction, now)
        await domain.sources.tail.journal.forget(now - domain.sources.events_kept)

    return Background(what, EVERY_S, sweep)
