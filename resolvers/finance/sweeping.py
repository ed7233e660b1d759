"""Sweeping: what only keeps repeats from being done twice goes when nobody repeats it any more; so do old promises."""

from datetime import timedelta

from datasources.finance.stores import Finance
from datasources.finance.tables import IDEMPOTENCY
from datasources.idempotency import forget_keys
from resolvers.context import Context

KEPT = timedelta(days=30)


async def sweep(context: Context) -> None:
    """Forgets keys that are older than KEPT, quotes that nobody used, and events that are older than the house keeps.

    May run anywhere, several times at once.
    """
    finance = context.of(Finance)
    async with finance.sources.database.transaction() as transaction:
        await forget_keys(IDEMPOTENCY, transaction, context.clock() - KEPT)
        await finance.transfers.forget_quotes(transaction, context.clock())
    await finance.sources.tail.journal.forget(context.clock() - finance.sources.events_kept)
