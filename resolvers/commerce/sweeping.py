"""Sweeping: what only keeps repeats from being done twice goes when nobody repeats it any more."""

from datetime import timedelta

from datasources.commerce.stores import Commerce
from datasources.commerce.tables import IDEMPOTENCY
from datasources.idempotency import forget_keys
from resolvers.context import Context

KEPT = timedelta(days=30)
"""Clients repeat within minutes and the payment service sends an event for three days; a person may send one again by
hand for as long as the service lists it, which is thirty."""


async def sweep(context: Context) -> None:
    """Forgets what is older than KEPT, and events of the log that are older than the house keeps them.

    May run anywhere, several times at once.
    """
    commerce = context.of(Commerce)
    before = context.clock() - KEPT
    async with commerce.sources.database.transaction() as transaction:
        await forget_keys(IDEMPOTENCY, transaction, before)
        await commerce.payments.records.forget_events(transaction, before)
    await commerce.sources.tail.journal.forget(context.clock() - commerce.sources.events_kept)
