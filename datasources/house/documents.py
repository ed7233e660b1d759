"""Registered documents: GraphQL texts that clients may name by an id, because somebody who may do so added them.

An id stands for one text as long as it is known: front ends in the field go on to use it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from datasources.house.sources import HouseSources
from datasources.house.tables import CHANGES, DOCUMENTS
from datasources.sql import Transaction
from datasources.statements import EVERY, among, read
from datasources.table import Rows

_NUMBER = sa.select(CHANGES.c.number).where(CHANGES.c.of == DOCUMENTS.name)
_COUNT_ON = sa.update(CHANGES).where(CHANGES.c.of == DOCUMENTS.name).values(number=CHANGES.c.number + 1)


class IdTaken(Exception):
    """For the operator, a line for each id that stands for another text already; `ids` are with their clients."""

    def __init__(self, ids: Mapping[str, str]) -> None:
        remedy = "take another id, or remove that document first"
        super().__init__("\n".join(f"'{id}' is the id of another document, of '{ids[id]}'; {remedy}" for id in ids))
        self.ids = ids


@dataclass(frozen=True, slots=True)
class Registered:
    client: str
    id: str
    text: str
    added_at: datetime


class RegisteredDocuments:
    def __init__(self, sources: HouseSources) -> None:
        self._database = sources.database
        self._clock = sources.clock

    async def kept(self) -> bool:
        """Whether the database has a place for documents: it may not be migrated yet."""
        return await self._database.in_one_thread(lambda connection: sa.inspect(connection).has_table(DOCUMENTS.name))

    async def number(self) -> int:
        """Grows with every change. Source: one row. Raises: SourceError."""
        number: int = await self._database.scalar(read(_NUMBER))
        return number

    async def texts(self) -> Mapping[str, str]:
        """The text of each document, by its id. Source: one SELECT. Raises: SourceError."""
        rows = await self._database.rows(sa.select(DOCUMENTS.c.id, DOCUMENTS.c.text))
        return {row.id: row.text for row in rows}

    async def all(self, client: str | None = None) -> Sequence[Registered]:
        """The documents of all clients or of one, by client, the oldest first. Source: one SELECT."""
        statement = sa.select(DOCUMENTS).order_by(DOCUMENTS.c.client, DOCUMENTS.c.added_at, DOCUMENTS.c.id)
        if client is not None:
            statement = statement.where(DOCUMENTS.c.client == client)
        return [Registered(row.client, row.id, row.text, row.added_at) for row in await self._database.rows(statement)]

    async def add(self, client: str, texts: Mapping[str, str]) -> int:
        """Registers these texts by their ids; how many were not registered for this client before.

        Raises: IdTaken, and nothing is registered.
        """
        async with self._database.transaction() as transaction:
            await transaction.write(_COUNT_ON)  # others who register wait here, so that no two take one id
            known = await _known(transaction, list(texts))
            taken = {row.id: row.client for row in known if row.text != texts[row.id]}
            if taken:
                raise IdTaken(taken)
            own = {row.id for row in known if row.client == client}
            at = self._clock()
            new = [
                {"client": client, "id": id, "text": text, "added_at": at}
                for id, text in texts.items()
                if id not in own
            ]
            if new:
                await transaction.write(sa.insert(DOCUMENTS), new)
            return len(new)

    async def remove(self, client: str, ids: Sequence[str] | None = None) -> int:
        """Forgets documents of a client: those with these ids, or all; how many there were."""
        statement = sa.delete(DOCUMENTS).where(DOCUMENTS.c.client == client)
        these = EVERY if ids is None else among(DOCUMENTS.c.id, ids)
        async with self._database.transaction() as transaction:
            await transaction.write(_COUNT_ON)
            return await transaction.write(statement.where(these.predicate), these.values)


async def _known(transaction: Transaction, ids: Sequence[str]) -> Rows:
    these = among(DOCUMENTS.c.id, ids)
    known = sa.select(DOCUMENTS.c.client, DOCUMENTS.c.id, DOCUMENTS.c.text).where(these.predicate)
    return await transaction.rows(known, these.values)
