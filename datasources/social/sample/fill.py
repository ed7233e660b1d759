"""Writes the sample data: first what the recommendation service is to know, then the database, in one transaction."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from datasources.rest import RestService
from datasources.social.recommendations import MOST
from datasources.social.sample.draft import Draft
from datasources.social.sample.people import add_follows, add_people
from datasources.social.sample.talk import add_answers, add_conversations, add_posts, add_reviews
from datasources.social.sources import SocialSources
from datasources.social.tables import PROFILES

Progress = Callable[[str, float], None]
ROWS_AT_ONCE = 5_000
DOCUMENTS_AT_ONCE = 500
EACH = {"posts": 10, "comments": 7, "reactions": 20, "conversations": 1}
"""How much of it there is for each person."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What social does not know itself: who there is, those of them with a handle, what is sold, who bought what."""

    people: Sequence[UUID]
    named: Mapping[UUID, str]
    products: Sequence[UUID]
    bought: Sequence[tuple[UUID, UUID]]


async def fill(
    sources: SocialSources,
    outside: Outside,
    *,
    sandbox_url: str | None = None,
    progress: Progress = lambda what, done: None,
) -> bool:
    """Fills an empty database, wholly or not at all; False where it was not empty, or there is nobody.

    For 2,000 people: 20,000 posts, 14,000 comments, 40,000 reactions, 2,000 conversations. Raises: SourceError.
    """
    if not outside.people or await sources.database.scalar(sa.select(sa.exists(sa.select(PROFILES.c.id)))):
        return False
    progress("invent", 0.0)
    draft = Draft(sources.clock())
    await asyncio.to_thread(invent, draft, outside)
    if sandbox_url is not None:
        await _tell_sandbox(sandbox_url, draft, outside)
    await sources.database.in_one_thread(lambda connection: _write(connection, draft, progress))
    return True


def invent(draft: Draft, outside: Outside) -> None:
    """All rows."""
    people = outside.people
    add_people(draft, people, outside.named)
    add_follows(draft, people)
    add_posts(draft, people, outside.products, EACH["posts"] * len(people))
    add_answers(draft, EACH["comments"] * len(people), EACH["reactions"] * len(people))
    add_reviews(draft, outside.bought, len(people))
    add_conversations(draft, people, EACH["conversations"] * len(people))


async def _tell_sandbox(url: str, draft: Draft, outside: Outside) -> None:
    popular, sold = outside.people[: 5 * MOST], outside.products
    told = [
        {
            "user": str(person),
            "people": [str(one) for one in _some(draft, popular) if one not in {person, *draft.followed[person]}],
            "products": [str(one) for one in _some(draft, sold)],
        }
        for person in outside.people
    ]
    sandbox = RestService("sandbox", url, timeout_s=30)
    try:
        for start in range(0, len(told), DOCUMENTS_AT_ONCE):
            chunk = told[start : start + DOCUMENTS_AT_ONCE]
            await sandbox.post("/_sandbox/recommendations/import", answer=dict[str, int], json=chunk)
    finally:
        await sandbox.close()


def _some(draft: Draft, of: Sequence[UUID]) -> Sequence[UUID]:
    return draft.random.sample(of, min(MOST, len(of)))


def _write(connection: sa.Connection, draft: Draft, progress: Progress) -> None:
    total = sum(map(len, draft.rows.values()))
    done = 0
    for table, rows in draft.rows.items():
        for start in range(0, len(rows), ROWS_AT_ONCE):
            progress(table.name, done / total)
            chunk = rows[start : start + ROWS_AT_ONCE]
            connection.execute(sa.insert(table), chunk)
            done += len(chunk)
    connection.exec_driver_sql("ANALYZE")  # the planner cannot know what came in at once
    progress("done", 1.0)
