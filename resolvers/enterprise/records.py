"""How every record of enterprise comes and changes: once for its key, checked, with its event and its audit entries.

A `Record` declares a kind of them; `create` makes one, `change` changes one, and `once` is for what is neither.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from datasources.actor import Actor
from datasources.enterprise.events import EventType
from datasources.enterprise.references import require
from datasources.enterprise.stores import Enterprise
from datasources.errors import InvalidInput, NotFound, Refusal
from datasources.events import NewEvent
from datasources.sql import Transaction
from datasources.statements import EVERY, Condition
from datasources.table import Row
from loaders.batch import Batch
from resolvers.context import Context
from resolvers.text import plain

Values = Mapping[str, Any]
Rule = Callable[[Any, str], Any]
"""From what was given and its field's name to what is kept. Raises: InvalidInput."""
Decide = Callable[[Transaction, Row], Awaitable[Values]]
"""The new values of the held record; those that stay may be among them. Raises: Refusal."""


def _every(_: Actor) -> Condition:
    return EVERY


def _nothing(_: Values) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A kind of record, its `type` as clients know it.

    `visible` says whose it is to change; `born` is the column of when it came; `rules` check columns, and `names` says
    which of them are of an employee, a company or a contact, that has to be there. Its events are of the record in the
    column `subject`, whose the column `owner` says, and have the data that `told` makes of its columns. `taken` is what
    a new one is refused for where there is one like it.
    """

    type: str
    table: sa.Table
    batch: Batch
    created: EventType
    changed: EventType
    visible: Callable[[Actor], Condition] = _every
    born: str | None = "created_at"
    rules: Mapping[str, Rule] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    subject: str = "id"
    owner: str | None = None
    told: Callable[[Values], dict[str, Any]] = _nothing
    taken: Callable[[], Refusal] = lambda: InvalidInput("id", "There is one like it already.")

    @property
    def noun(self) -> str:
        """As people call it: `purchase order`."""
        return re.sub("(?<!^)([A-Z])", r" \1", self.type).lower()

    def checked(self, **given: Any) -> dict[str, Any]:
        """What is None stays so. Raises: InvalidInput."""
        return {
            name: value if value is None or name not in self.rules else self.rules[name](value, _shown(name))
            for name, value in given.items()
        }

    def given(self, **given: Any) -> dict[str, Any]:
        """What is None is left out of an input: it stays as it is. Raises: InvalidInput."""
        return self.checked(**{name: value for name, value in given.items() if value is not None})

    def event(self, type: EventType, values: Values, **more: Any) -> NewEvent:
        """Of a record that has these values now."""
        owner = values[self.owner] if self.owner else None
        return NewEvent(type, values[self.subject], owner, self.told(values) | more)

    async def required(self, transaction: Transaction, values: Values) -> None:
        """Raises: NotFound."""
        await require(transaction, **{kind: values.get(column) for column, kind in self.names.items()})


def telling(**columns: str) -> Callable[[Values], dict[str, Any]]:
    """The data of events: columns, by their names there; ids as texts."""

    def told(values: Values) -> dict[str, Any]:
        found = {name: values[column] for name, column in columns.items()}
        return {name: str(value) if isinstance(value, UUID) else value for name, value in found.items()}

    return told


async def once(
    context: Context,
    batch: Batch,
    operation: str,
    key: str,
    request: Any,
    work: Callable[[Transaction], Awaitable[UUID]],
) -> Any:
    """The record whose id `work` gives, as it is then; None where it is not the actor's to see any more.

    Raises: KeyReused, and what `work` raises.
    """
    enterprise = context.of(Enterprise)

    async def run(transaction: Transaction) -> dict[str, str]:
        return {"id": str(await work(transaction))}

    done = await enterprise.once(key, operation, request).do(enterprise.sources.database, run)
    return await context.fresh(batch, UUID(done["id"]))


async def create(
    context: Context,
    record: Record,
    operation: str,
    key: str,
    values: Values,
    first: Callable[[Transaction], Awaitable[None]] | None = None,
    **told: Any,
) -> Any:
    """A new record with these checked values, once for `key`; `told` is what its event says, too.

    Raises: NotFound, KeyReused, why it is `taken`, and what `first` raises.
    """

    async def work(transaction: Transaction) -> UUID:
        if first is not None:
            await first(transaction)
        return await add(context.of(Enterprise), transaction, record, values, **told)

    return await once(context, record.batch, operation, key, values, work)


async def change(
    context: Context,
    record: Record,
    operation: str,
    key: str,
    id: UUID,
    request: Any,
    decide: Decide | Values,
    event: EventType | None = None,
    taken: Callable[[], Refusal] | None = None,
) -> Any:
    """The record with the values that `decide` has or makes of it. It tells of `event`, where that is given, whatever
    has changed.

    Raises: NotFound, KeyReused, what `decide` raises, and `taken` where another is like it then.
    """
    enterprise = context.of(Enterprise)

    async def work(transaction: Transaction) -> UUID:
        before = await hold(enterprise, transaction, record, id)
        new = decide if isinstance(decide, Mapping) else await decide(transaction, before)
        await record.required(transaction, new)
        await update(enterprise, transaction, record, before, new, event)
        return id

    try:
        return await once(context, record.batch, operation, key, [id, request], work)
    except IntegrityError:
        if taken is None:
            raise
        raise taken() from None


async def hold(enterprise: Enterprise, transaction: Transaction, record: Record, id: UUID) -> Row:
    """The record, which nobody else changes before the transaction ends. Raises: NotFound."""
    found = await enterprise.changes.hold(transaction, record.table, id, record.visible(enterprise.actor))
    if found is None:
        raise NotFound(record.noun)
    return found


async def add(enterprise: Enterprise, transaction: Transaction, record: Record, values: Values, **told: Any) -> UUID:
    """A new record, and its event. Raises: NotFound, and why it is `taken`."""
    await record.required(transaction, values)
    born = {record.born: enterprise.sources.clock()} if record.born else {}
    id = await enterprise.changes.add(transaction, record.table, {**born, **values})
    if id is None:
        raise record.taken()
    await tell(enterprise, transaction, record, record.created, {**values, "id": id}, **told)
    return id


async def update(
    enterprise: Enterprise,
    transaction: Transaction,
    record: Record,
    before: Row,
    new: Values,
    event: EventType | None = None,
    **told: Any,
) -> None:
    """Writes what differs from the held record `before`, and tells of it; of `event` in any case."""
    changed = await enterprise.changes.update(transaction, record.type, record.table, before, new)
    if changed or event:
        await tell(enterprise, transaction, record, event or record.changed, {**before._mapping, **new}, **told)


async def tell(
    enterprise: Enterprise, transaction: Transaction, record: Record, type: EventType, values: Values, **told: Any
) -> None:
    await enterprise.events.extend(transaction, [record.event(type, values, **told)])


def _shown(column: str) -> str:
    """As clients know it: `leadTimeDays`."""
    first, *others = column.split("_")
    return first + "".join(map(str.title, others))


def text(longest: int, *, lines: bool = False) -> Rule:
    return lambda given, field: plain(given, field, longest, lines=lines)


def between(least: int, most: int) -> Rule:
    return lambda given, field: within(given, field, least, most)


def within(value: int, field: str, least: int, most: int) -> int:
    """Raises: InvalidInput."""
    if not least <= value <= most:
        raise InvalidInput(field, f"`{field}` is {least} to {most}.")
    return value
