"""How every record of crm comes and changes: once for its key, with its event and its audit entries."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.enterprise.events import EventType
from datasources.enterprise.stores import Enterprise
from datasources.errors import NotFound
from datasources.prepared import Row
from datasources.sql import Transaction
from datasources.statements import Condition
from loaders.batch import Batch
from resolvers.context import Context

Decide = Callable[[Transaction, Row], Awaitable[Mapping[str, Any]]]
"""The new values of the held record; those that stay may be among them. Raises: Refusal."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: its type, as clients know it, its table, and the column that says whose it is.

    `told` are the columns that its events tell, by their names there.
    """

    type: str
    table: sa.Table
    owner: str
    batch: Batch
    changed: EventType
    told: Mapping[str, str]

    def data(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What events tell of a record: ids as texts."""
        told = {name: values[column] for name, column in self.told.items()}
        return {name: str(value) if isinstance(value, UUID) else value for name, value in told.items()}


async def create(
    context: Context,
    kind: Kind,
    operation: str,
    key: str,
    request: Any,
    add: Callable[[Transaction], Awaitable[UUID]],
) -> Any:
    """The record that `add` makes, once for `key`. Raises: KeyReused, and what `add` raises."""
    enterprise = context.of(Enterprise)

    async def run(transaction: Transaction) -> dict[str, str]:
        return {"id": str(await add(transaction))}

    done = await enterprise.once(key, operation, request).do(enterprise.sources.database, run)
    return await context.fresh(kind.batch, UUID(done["id"]))


async def change(
    context: Context,
    kind: Kind,
    operation: str,
    key: str,
    request: Any,
    id: UUID,
    visible: Condition,
    decide: Decide,
) -> Any:
    """The record with the values that `decide` makes of it; None where it is not the actor's to see any more.

    Raises: NotFound, KeyReused, and what `decide` raises.
    """
    enterprise = context.of(Enterprise)

    async def run(transaction: Transaction) -> bool:
        before = await enterprise.changes.hold(transaction, kind.table, id, visible)
        if before is None:
            raise NotFound(kind.type.lower())
        new = await decide(transaction, before)
        if await enterprise.changes.update(transaction, kind.type, kind.table, before, new):
            await tell(enterprise, transaction, kind, kind.changed, id, {**before._mapping, **new})
        return True

    await enterprise.once(key, operation, [id, request]).do(enterprise.sources.database, run)
    return await context.fresh(kind.batch, id)


async def tell(
    enterprise: Enterprise, transaction: Transaction, kind: Kind, type: EventType, id: UUID, values: Mapping[str, Any]
) -> None:
    """Writes the event of a record that has these values now."""
    await enterprise.events.append(transaction, type, id, owner=values[kind.owner], **kind.data(values))


def given(**values: Any) -> dict[str, Any]:
    """Those that are not None: what is left out of an input stays as it is."""
    return {name: value for name, value in values.items() if value is not None}
