"""The rights of a person over what sales and support hold of it; and sealing it anew with the first key."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from datasources.actor import SYSTEM
from datasources.enterprise.crm.contacts import PLACES, Contacts
from datasources.enterprise.events import EventType
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.stores import Enterprise
from datasources.events import Event
from datasources.sql import Transaction
from resolvers.context import Context

ERASURES = frozenset({"customer.erased"})
BATCH = 200


async def forget_customer(context: Context, transaction: Transaction, event: Event) -> None:
    """Whom commerce erases is erased here."""
    enterprise = context.of(Enterprise)
    id = await enterprise.contacts.erase(transaction, event.subject, context.clock())
    if id is not None:
        await enterprise.events.append(transaction, EventType.CONTACT_CHANGED, id)


async def export(context: Context, id: UUID) -> dict[str, Any] | None:
    """Everything held of this customer, as JSON values; None where that is nothing. The caller may export them."""
    enterprise = context.of(Enterprise)
    told = await enterprise.contacts.dossier(id) | await enterprise.invoices.dossier(id)
    if not any(told.values()):
        return None
    # asyncpg's UUIDs are of a class of their own, which orjson does not know.
    plain: dict[str, Any] = orjson.loads(orjson.dumps(told, default=str))
    return plain


@dataclass(slots=True)
class Resealed:
    """What happened to a column; the counts are rows. `broken` open with no key, and stayed as they are."""

    column: str
    seen: int = 0
    resealed: int = 0
    broken: int = 0


async def reseal(sources: EnterpriseSources, progress: Callable[[str, float], None]) -> list[Resealed]:
    """Goes through names and addresses of all contacts. Raises: SourceError."""
    contacts, done = Contacts(sources, SYSTEM), []
    for column in PLACES:
        of, last = Resealed(str(column)), UUID(int=0)
        while batch := await contacts.sealed_after(column, last, BATCH):
            last = batch[-1].id
            resealed, broken = await contacts.reseal(column, batch)
            of.seen += len(batch)
            of.resealed += resealed
            of.broken += broken
            progress(f"{of.column}: {of.seen}", 0.0)
        done.append(of)
    return done
