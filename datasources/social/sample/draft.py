"""Sample data before it is written: rows by table."""

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.ids import uuid7
from datasources.social.tables import METADATA

SEED = 21
HISTORY = timedelta(days=180)


class Draft:
    """The same for the same `now` and people: chance is seeded, and time stands still."""

    def __init__(self, now: datetime) -> None:
        self.now = now.replace(microsecond=0)
        self.start = self.now - HISTORY
        self.random = Random(SEED)
        self.rows: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in METADATA.sorted_tables}
        self.followed: defaultdict[UUID, list[UUID]] = defaultdict(list)
        """Whom each follows."""

    def sometime(self, since: datetime | None = None) -> datetime:
        """Since then, or since the start; more and more towards now."""
        left_s = (self.now - (since or self.start)).total_seconds()
        return self.now - timedelta(seconds=round(left_s * self.random.random() ** 1.5))

    def add(self, table: sa.Table, born_at: datetime, at: str, **values: Any) -> UUID:
        """One row with a new `id`, and its time in the column `at`."""
        id = uuid7(born_at, self.random.randbytes)
        self.rows[table].append({"id": id, at: born_at, **values})
        return id
