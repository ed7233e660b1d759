"""Holders, what is known of them, and the cases that officers work."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.cipher import SealBroken
from datasources.finance.audit import Audit
from datasources.finance.errors import CaseClosed, FourEyes
from datasources.finance.events import EventType
from datasources.finance.policies import visible_cases, visible_holders
from datasources.finance.sources import FinanceSources
from datasources.finance.tables import CASES, DECISIONS, HOLDERS
from datasources.ids import uuid7
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.sql import Transaction
from datasources.statements import EVERY, Columns, Condition, among, equal, projection, read
from datasources.table import Row, Rows


class Level(StrEnum):
    NONE = "none"
    BASIC = "basic"
    VERIFIED = "verified"
    FULL = "full"


class ScreeningStatus(StrEnum):
    WAITING = "waiting"
    CLEAR = "clear"
    HIT = "hit"


class CaseStatus(StrEnum):
    OPEN = "open"
    RELEASED = "released"
    REJECTED = "rejected"


class Verdict(StrEnum):
    RELEASE = "release"
    REJECT = "reject"


EYES = 2
"""Officers who have to agree before money goes on."""


class Compliance:
    def __init__(self, sources: FinanceSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._clock = sources.clock
        self._cipher = sources.cipher
        self._actor = actor
        self._events = sources.events(actor)
        self._audit = Audit(sources, actor)

    async def holders_by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Holders with these ids; foreign ones are left out. Source: one SELECT."""
        mine = (among(HOLDERS.c.id, ids), visible_holders(self._actor))
        rows = await self._database.rows(read(projection(HOLDERS, columns and columns | {"id"}), *mine))
        if visible_holders(self._actor) is EVERY:
            await self._audit.seen("holders", rows, "id")
        return rows

    async def screenings(self, ids: Sequence[UUID]) -> Mapping[UUID, ScreeningStatus]:
        """What was said of these holders' names. Source: one SELECT."""
        theirs = (among(HOLDERS.c.id, ids), self._visible)
        rows = await self._database.rows(read(_SCREENINGS, *theirs))
        return {row.id: ScreeningStatus(row.screening) for row in rows}

    async def names(self, keys: Sequence[tuple[UUID, bytes]]) -> Mapping[tuple[UUID, bytes], str | SealBroken]:
        """What a holder's row keeps sealed. No source is asked: whoever has the row passed its policy."""
        return {key: self._opened(*key) for key in keys}

    def name_of(self, holder: Row) -> str:
        """Raises: SealBroken."""
        return self._cipher.open(holder.sealed_name, holder_place(holder.id))

    async def add_holder(self, transaction: Transaction, id: UUID, name: str, screening: ScreeningStatus) -> bool:
        """Whether the person is new here; they begin with little, until somebody looked at their papers."""
        values = {
            "id": id,
            "level": Level.BASIC,
            "screening": screening,
            "sealed_name": self._cipher.seal(name, holder_place(id)),
            "created_at": self._clock(),
        }
        return bool(await transaction.write(transaction.upsert(HOLDERS).values(values).on_conflict_do_nothing()))

    async def get(self, id: UUID) -> Row | None:
        """The holder, whoever may see it: for the house's own decisions. Source: one SELECT."""
        return await self._database.row(sa.select(HOLDERS).where(HOLDERS.c.id == id))

    async def waiting(self, limit: int) -> Rows:
        """Holders whose name waits for the screening service. Source: one SELECT."""
        waiting = sa.select(HOLDERS).where(HOLDERS.c.screening == ScreeningStatus.WAITING)
        return await self._database.rows(waiting.order_by(HOLDERS.c.created_at).limit(limit))

    async def sealed_after(self, id: UUID, limit: int) -> Rows:
        """Ids and sealed names of the next holders, by id. Source: one SELECT."""
        after = sa.select(HOLDERS.c.id, HOLDERS.c.sealed_name).where(HOLDERS.c.id > id)
        return await self._database.rows(after.order_by(HOLDERS.c.id).limit(limit))

    async def reseal(self, holders: Rows) -> tuple[int, int]:
        """Seals with the first key what is not, if nobody else did; how many, and how many open with none."""
        resealed = broken = 0
        async with self._database.transaction() as transaction:
            for holder in holders:
                name = self._opened(holder.id, holder.sealed_name)
                if isinstance(name, SealBroken):
                    broken += 1
                elif self._cipher.needs_resealing(holder.sealed_name):
                    mine = (HOLDERS.c.id == holder.id, HOLDERS.c.sealed_name == holder.sealed_name)
                    anew = self._cipher.seal(name, holder_place(holder.id))
                    resealed += await transaction.write(sa.update(HOLDERS).where(*mine).values(sealed_name=anew))
        return resealed, broken

    async def change_holder(self, transaction: Transaction, id: UUID, **values: Any) -> bool:
        """Whether there is such a holder."""
        return bool(await transaction.write(sa.update(HOLDERS).where(HOLDERS.c.id == id).values(values)))

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Cases with these ids. Source: one SELECT."""
        return await self._database.rows(read(projection(CASES, columns), among(CASES.c.id, ids), self._visible))

    async def of_transfers(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """The case of each of these transfers, where there is one. Source: one SELECT."""
        theirs = (among(CASES.c.transfer_id, ids), self._visible)
        return await self._database.rows(read(projection(CASES, columns), *theirs))

    async def pages(
        self, keys: Sequence[str], asked: PageArguments, *, status: CaseStatus | None, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """Cases, the newest first. Source: one SELECT. Raises: InvalidInput for the cursor."""
        return await self._listing(status, columns).pages(self._database, self._cursors, asked)

    async def counts(self, keys: Sequence[str], *, status: CaseStatus | None) -> Mapping[Any, int]:
        return await self._listing(status).counts(self._database)

    async def decisions_of(self, case_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """What officers thought of these cases, the oldest first. Source: one SELECT."""
        theirs = (among(DECISIONS.c.case_id, case_ids), visible_cases(self._actor))
        return await self._database.rows(
            read(projection(DECISIONS, columns), *theirs, order=(DECISIONS.c.at, DECISIONS.c.officer_id))
        )

    async def open_case(
        self, transaction: Transaction, transfer_id: UUID, holder_id: UUID, reasons: Sequence[str]
    ) -> UUID:
        now = self._clock()
        id = uuid7(now)
        case = {
            "id": id,
            "transfer_id": transfer_id,
            "holder_id": holder_id,
            "status": CaseStatus.OPEN,
            "reasons": list(reasons),
            "opened_at": now,
            "updated_at": now,
        }
        await transaction.write(sa.insert(CASES).values(case))
        await self._events.append(transaction, EventType.CASE_OPENED, id)
        return id

    async def decide(self, transaction: Transaction, case_id: UUID, verdict: Verdict, note: str) -> Row | None:
        """Writes what the actor thinks of a case; the case, with the status that it has now. None where there is none.

        One officer rejects, two release. Raises: CaseClosed, FourEyes where the actor has decided before.
        """
        case = await transaction.row(sa.select(CASES).where(CASES.c.id == case_id).with_for_update(key_share=True))
        if case is None:
            return None
        if case.status != CaseStatus.OPEN:
            raise CaseClosed
        mine = {"case_id": case_id, "officer_id": self._actor.signed_in, "verdict": verdict, "note": note}
        insert = transaction.upsert(DECISIONS).values(**mine, at=self._clock()).on_conflict_do_nothing()
        if not await transaction.write(insert):
            raise FourEyes
        decided = sa.select(sa.func.count()).where(DECISIONS.c.case_id == case_id, DECISIONS.c.verdict == verdict)
        agreed = (await transaction.rows(decided))[0][0]
        status = CaseStatus.OPEN
        if verdict is Verdict.REJECT:
            status = CaseStatus.REJECTED
        elif agreed >= EYES:
            status = CaseStatus.RELEASED
        changed = {"status": status, "updated_at": self._clock()}
        await transaction.write(sa.update(CASES).where(CASES.c.id == case_id).values(changed))
        await self._events.append(transaction, EventType.CASE_DECIDED, case_id, status=status)
        return await transaction.row(sa.select(CASES).where(CASES.c.id == case_id))

    def _opened(self, id: UUID, sealed: bytes) -> str | SealBroken:
        try:
            return self._cipher.open(sealed, holder_place(id))
        except SealBroken as broken:
            return broken

    @property
    def _visible(self) -> Condition:
        return visible_cases(self._actor)

    def _listing(self, status: CaseStatus | None, columns: Columns = None) -> Listing:
        conditions = [self._visible, *([equal(CASES.c.status, status)] if status else [])]
        return Listing(f"finance.cases/{status or 'all'}", projection(CASES, columns), _NEWEST, conditions)


def holder_place(id: UUID) -> bytes:
    """What a sealed name is bound to."""
    return b"holders.name:" + id.bytes


_SCREENINGS = sa.select(HOLDERS.c.id, HOLDERS.c.screening)
_NEWEST = Sort("newest", (CASES.c.opened_at, CASES.c.id), descending=True)
