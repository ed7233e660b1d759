"""What people report, and what moderation decides; each decision stays."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.social.policies import moderated
from datasources.social.sources import SocialSources
from datasources.social.tables import COMMENTS, DECISIONS, POSTS, REPORTS, REVIEWS
from datasources.sql import Transaction
from datasources.statements import Columns, among, kept, met, projection, read
from datasources.table import Rows


class Subject(StrEnum):
    POST = "post"
    COMMENT = "comment"
    REVIEW = "review"


class Action(StrEnum):
    HIDE = "hide"
    RESTORE = "restore"
    DISMISS = "dismiss"


TABLES: Mapping[Subject, sa.Table] = {Subject.POST: POSTS, Subject.COMMENT: COMMENTS, Subject.REVIEW: REVIEWS}


class Moderation:
    def __init__(self, sources: SocialSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._clock = sources.clock
        self._actor = actor

    async def reports_by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """In no order; each with `post_id`, `comment_id` and `review_id`, of which one is set. Source: one SELECT."""
        return await self._by_ids(REPORTS, ids, columns)

    async def decisions_by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """As `reports_by_ids`."""
        return await self._by_ids(DECISIONS, ids, columns)

    async def reports(
        self, keys: Sequence[str], asked: PageArguments, *, open: bool, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """The oldest first. Source: one SELECT."""
        return await self._reports(open, columns).pages(self._database, self._cursors, asked)

    async def report_counts(self, keys: Sequence[str], *, open: bool) -> Mapping[Any, int]:
        return await self._reports(open).counts(self._database)

    async def decisions(self, keys: Sequence[str], asked: PageArguments, columns: Columns = None) -> Mapping[Any, Page]:
        """The newest first. Source: one SELECT."""
        return await self._decisions(columns).pages(self._database, self._cursors, asked)

    async def decision_counts(self, keys: Sequence[str]) -> Mapping[Any, int]:
        return await self._decisions().counts(self._database)

    async def report(self, transaction: Transaction, values: Mapping[str, Any]) -> bool:
        """False where its reporter has reported this before."""
        new = transaction.upsert(REPORTS).values(dict(values)).on_conflict_do_nothing()
        return bool(await transaction.write(new))

    async def decide(self, transaction: Transaction, decision: Mapping[str, Any]) -> bool:
        """Does it, notes it, and closes what was reported of it. False where its subject is gone."""
        table, id, now = TABLES[decision["subject"]], decision["subject_id"], self._clock()
        action = decision["action"]
        hidden_at = table.c.hidden_at if action == Action.DISMISS else now if action == Action.HIDE else None
        if not await transaction.write(sa.update(table).where(table.c.id == id).values(hidden_at=hidden_at)):
            return False
        await transaction.write(sa.insert(DECISIONS).values(dict(decision)))
        waiting = (REPORTS.c.subject_id == id, REPORTS.c.decided_at.is_(None))
        await transaction.write(sa.update(REPORTS).where(*waiting).values(decided_at=now))
        return True

    async def _by_ids(self, table: sa.Table, ids: Sequence[UUID], columns: Columns) -> Rows:
        return await self._database.rows(
            read(_with_subject(table, columns), among(table.c.id, ids), moderated(self._actor))
        )

    def _reports(self, open: bool, columns: Columns = None) -> Listing:
        conditions = [moderated(self._actor), *([_OPEN] if open else [])]
        return Listing(f"social.reports/{open}", _with_subject(REPORTS, columns), _OLDEST, conditions)

    def _decisions(self, columns: Columns = None) -> Listing:
        return Listing("social.decisions", _with_subject(DECISIONS, columns), _NEWEST, [moderated(self._actor)])


_OPEN = met(REPORTS.c.decided_at.is_(None))
_OLDEST = Sort("oldest", (REPORTS.c.created_at, REPORTS.c.id))
_NEWEST = Sort("newest", (DECISIONS.c.at, DECISIONS.c.id), descending=True)


@kept
def _with_subject(table: sa.Table, columns: Columns) -> sa.Select[Any]:
    """The id of what it is about, under the name of its kind."""
    ids = {
        f"{subject}_id": sa.case((table.c.subject == subject, table.c.subject_id)).label(f"{subject}_id")
        for subject in Subject
    }
    wanted = [id for name, id in ids.items() if columns is None or name in columns]
    return projection(table, columns).add_columns(*wanted)
