"""Idempotency records: a key's first answer is kept in the transaction of its effect, and given again to repeats."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from datasources.actor import Actor
from datasources.errors import InvalidInput, KeyReused
from datasources.ids import Clock
from datasources.sql import JSON, Database, Transaction, UtcDateTime
from datasources.statements import equal, projection, read

MAX_KEY = 128
_ANSWERED = frozenset({"request", "answer"})


def idempotency_table(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "idempotency",
        metadata,
        sa.Column("actor", sa.Uuid(), primary_key=True),
        sa.Column("key", sa.String(MAX_KEY), primary_key=True),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("answer", JSON, nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False, index=True),
    )


async def forget_keys(table: sa.Table, transaction: Transaction, before: datetime) -> int:
    """Frees the keys that were used before then; how many."""
    return await transaction.write(sa.delete(table).where(table.c.at < before))


class Once:
    """One keyed request of one actor: `operation` and `request` say what was asked, so that a reuse is noticed."""

    def __init__(self, table: sa.Table, actor: Actor, clock: Clock, key: str, operation: str, request: Any) -> None:
        if not (0 < len(key) <= MAX_KEY and key.isprintable()):
            raise InvalidInput("idempotencyKey", f"An idempotency key has 1 to {MAX_KEY} printable characters.")
        self._table = table
        self._clock = clock
        self._mine = {"actor": actor.signed_in, "key": key}
        self._request = hashlib.sha256(orjson.dumps([operation, request], default=str)).hexdigest()

    async def answer(self, database: Database) -> Any:
        """The first answer; None where this key is new. Raises: KeyReused where it stands for other input."""
        mine = [equal(self._table.c[name], value) for name, value in self._mine.items()]
        found = await database.row(read(projection(self._table, _ANSWERED), *mine))
        if found is None:
            return None
        if found.request != self._request:
            raise KeyReused
        return found.answer

    async def do(self, database: Database, effect: Callable[[Transaction], Awaitable[Any]]) -> Any:
        """Runs `effect` in a transaction with its record, or gives the first answer; answers are JSON.

        Raises: KeyReused, and what `effect` raises: then there is no record, and the key is still free.
        """
        first = await self.answer(database)
        if first is not None:
            return first
        try:
            async with database.transaction() as transaction:
                await self.claim(transaction)
                answer = await effect(transaction)
                await self.keep(transaction, answer)
                return answer
        except Repeated:
            return await self.answer(database)

    async def claim(self, transaction: Transaction) -> None:
        """Takes the key, as the first thing in the transaction: on PostgreSQL a rival waits here for its end.

        Raises: Repeated where another request with this key was faster; roll back and give its answer.
        """
        values = {**self._mine, "request": self._request, "answer": None, "at": self._clock()}
        if not await transaction.write(transaction.upsert(self._table).values(values).on_conflict_do_nothing()):
            raise Repeated

    async def keep(self, transaction: Transaction, answer: Any) -> None:
        """Keeps the answer beside the effect."""
        await transaction.write(sa.update(self._table).where(self._is_mine).values(answer=answer))

    @property
    def _is_mine(self) -> sa.ColumnElement[bool]:
        return sa.and_(*(self._table.c[name] == value for name, value in self._mine.items()))


class Repeated(Exception):
    """The same request is already done."""
