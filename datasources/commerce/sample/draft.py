"""Sample data before it is written: rows by table, and what the outside services are to know."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.cipher import BlindIndex, Cipher
from datasources.commerce import seals
from datasources.commerce.tables import METADATA
from datasources.ids import uuid7

SEED = 20
HISTORY = timedelta(days=545)
"""How far the first order lies back; people and products are older."""


class Draft:
    """The same for the same `now` and `scale`, but for what is sealed: chance is seeded, and time stands still."""

    def __init__(self, now: datetime, scale: float, cipher: Cipher, email_index: BlindIndex) -> None:
        self.now = now.replace(microsecond=0)
        self.start = self.now - HISTORY
        self.email_index = email_index
        self.random = Random(SEED)
        self.rows: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in METADATA.sorted_tables}
        self.payments: list[dict[str, Any]] = []
        self.shipments: list[dict[str, Any]] = []
        self._scale = scale
        self._cipher = cipher

    def scaled(self, number: int, at_least: int) -> int:
        return max(at_least, round(number * self._scale))

    def id(self, born_at: datetime) -> UUID:
        return uuid7(born_at, self.random.randbytes)

    def add(self, table: sa.Table, born_at: datetime, **values: Any) -> UUID:
        """One row with a new `id`."""
        id = self.id(born_at)
        self.rows[table].append({"id": id, **values})
        return id

    def seal(self, column: sa.Column[Any], id: UUID, text: str) -> bytes:
        return seals.seal(self._cipher, column, id, text)

    def before_the_start(self) -> datetime:
        """Some time in the year before the first order."""
        return self.start - timedelta(seconds=self.random.randrange(1, 365 * 86_400))
