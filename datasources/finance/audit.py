"""The audit log: who did what, and who saw what of others, each line bound to the one before by its hash."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from datasources.actor import Actor
from datasources.finance.policies import visible_audit
from datasources.finance.sources import FinanceSources
from datasources.finance.tables import AUDIT, AUDIT_HEAD
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.sql import Transaction
from datasources.statements import Columns, equal, kept, projection
from datasources.table import Rows

CHECKED_AT_ONCE = 1_000
FIRST_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Verdict:
    """`lines` is how many are good, `head` the hash of the last; `broken_at` the number of the first that is not."""

    lines: int
    head: str
    broken_at: int | None

    @property
    def intact(self) -> bool:
        return self.broken_at is None


class Audit:
    """Everybody writes it, by what they do; auditors read it. Nobody can change it."""

    def __init__(self, sources: FinanceSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._clock = sources.clock
        self._actor = actor

    async def note(self, transaction: Transaction, action: str, subject: UUID | str, **data: Any) -> None:
        """The last thing in a transaction: whoever writes holds the end of the log until it commits."""
        (head,) = await transaction.rows(sa.select(AUDIT_HEAD).with_for_update(key_share=True))
        line = {
            "number": head.number + 1,
            "at": self._clock(),
            "actor_id": self._actor.signed_in,
            "action": action,
            "subject": str(subject),
            "data": data,
        }
        line["hash"] = hash_of(head.hash, line)
        await transaction.write(sa.insert(AUDIT).values(line))
        await transaction.write(sa.update(AUDIT_HEAD).values(number=line["number"], hash=line["hash"]))

    async def seen(self, what: str, rows: Rows, *owners: str) -> Rows:
        """Notes what of these rows is of others, by the columns that say whose they are, and gives them back.

        Rows of the house are nobody's. Without this line there is no answer. Raises: SourceError.
        """
        me, whose = self._actor.id, [({getattr(row, name) for name in owners} - {None}, row.id) for row in rows]
        ids = [id for owner_ids, id in whose if owner_ids and me not in owner_ids]
        if not ids:
            return rows
        async with self._database.transaction() as transaction:
            await self.note(transaction, f"read {what}", ids[0], ids=sorted({str(id) for id in ids}))
        return rows

    async def pages(
        self, keys: Sequence[str], asked: PageArguments, *, subject: str | None, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """The log, the newest first; with `subject` of that id alone. Source: one SELECT."""
        return await self._listing(subject, columns).pages(self._database, self._cursors, asked)

    async def counts(self, keys: Sequence[str], *, subject: str | None) -> Mapping[Any, int]:
        return await self._listing(subject).counts(self._database)

    async def after(self, number: int, limit: int = CHECKED_AT_ONCE) -> Rows:
        """The next lines after this number, whoever asks: for whom the caller checked. Source: one SELECT."""
        after = sa.select(AUDIT).where(AUDIT.c.number > number).order_by(AUDIT.c.number).limit(limit)
        return await self._database.rows(after)

    async def verify(self) -> Verdict:
        """Looks at the whole chain, up to where it ended when this began. Source: a SELECT for each thousand lines.

        Whoever writes the database may cut the end off together with its mark, or make the whole chain anew: that shows
        by the hash of the last line alone, which is to be kept elsewhere.
        """
        (head,) = await self._database.rows(sa.select(AUDIT_HEAD))
        number, hash = 0, FIRST_HASH
        while number < head.number:
            lines = [line for line in await self.after(number) if line.number <= head.number]
            for line in lines:
                if line.number != number + 1 or line.hash != hash_of(hash, line._asdict()):
                    return Verdict(number, hash, number + 1)
                number, hash = line.number, line.hash
            if not lines:
                return Verdict(number, hash, number + 1)
        if hash != head.hash:
            return Verdict(number, hash, number)
        return Verdict(number, hash, await self._beyond_the_end())

    async def _beyond_the_end(self) -> int | None:
        """The first line that somebody wrote without moving the end of the log. Source: one SELECT."""
        row = await self._database.row(sa.select(sa.func.min(AUDIT.c.number)).where(AUDIT.c.number > _END))
        return row and row[0]

    def _listing(self, subject: str | None, columns: Columns = None) -> Listing:
        conditions = [visible_audit(self._actor), *([equal(AUDIT.c.subject, subject)] if subject else [])]
        name = f"finance.audit/{subject or 'all'}"
        return Listing(name, _lines(columns), _NEWEST, conditions)


def hash_of(before: str, line: Mapping[str, Any]) -> str:
    """SHA-256 of the hash before and of what the line says, as JSON with sorted keys."""
    at: datetime = line["at"]
    said = [line["number"], at.isoformat(), str(line["actor_id"]), line["action"], line["subject"], line["data"]]
    return hashlib.sha256(before.encode() + orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


@kept
def _lines(columns: Columns) -> sa.Select[Any]:
    return projection(AUDIT, columns)


_END = sa.select(AUDIT_HEAD.c.number).scalar_subquery()
_NEWEST = Sort("newest", (AUDIT.c.number,), descending=True)
