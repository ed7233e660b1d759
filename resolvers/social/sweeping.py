"""Sweeping: what only keeps repeats from being done twice goes when nobody repeats it any more."""

from datetime import timedelta

from datasources.idempotency import forget_keys
from datasources.social.stores import Social
from datasources.social.tables import IDEMPOTENCY
from resolvers.context import Context

KEPT = timedelta(days=30)


async def sweep(context: Context) -> None:
    """Forgets keys that are older than KEPT, and events that are older than the house keeps them.

    May run anywhere, several times at once.
    """
    sources, now = context.of(Social).sources, context.clock()
    async with sources.database.transaction() as transaction:
        await forget_keys(IDEMPOTENCY, transaction, now - KEPT)
    await sources.tail.journal.forget(now - sources.events_kept)
