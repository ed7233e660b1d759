"""Who ordered when, and what became of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from datasources.commerce.sample import words
from datasources.commerce.sample.draft import HISTORY, Draft
from datasources.commerce.sample.people import Person

ENDS = {"shipped": 86, "cancelled": 6, "partially_refunded": 5, "refunded": 3}
"""How orders end, in per cent; the young ones are on their way there."""

JUST_NOW = timedelta(hours=2)
PAST = (
    ((230, "cancelled"), (160, "refunded"), (90, "partially_refunded"), (40, "shipped"), (9, "shipped")),
    ((60, "shipped"), (11, "shipped")),
)
"""Older orders of Ada and of Bo, by their age in days. Each of them has also just placed one."""


@dataclass(frozen=True, slots=True)
class Story:
    customer: Person
    placed_at: datetime
    end: str


@dataclass(frozen=True, slots=True)
class Change:
    status: str
    at: datetime
    actor: UUID
    note: str | None = None


def stories(draft: Draft, people: Sequence[Person]) -> list[Story]:
    """One for each order, the oldest first; Ada and Bo come first among `people`."""
    told = list(_named(draft, people))
    count = draft.scaled(10_000, at_least=40) - len(told)
    for end in draft.random.choices(list(ENDS), list(ENDS.values()), k=count):
        age = (HISTORY - JUST_NOW) * draft.random.random() ** 1.3  # the power makes the shop grow
        placed_at = (draft.now - age).replace(microsecond=0)
        told.append(Story(draft.random.choice(people), placed_at, end))
    return sorted(told, key=lambda story: story.placed_at)


def _named(draft: Draft, people: Sequence[Person]) -> Iterator[Story]:
    for person, past in zip(people, PAST, strict=False):
        yield Story(person, draft.now - JUST_NOW, "placed")
        for age_days, end in past:
            yield Story(person, draft.now - timedelta(days=age_days, hours=3), end)


def changes(draft: Draft, story: Story, keeper: UUID) -> list[Change]:
    """What has happened until now, the oldest first; `keeper` ships and refunds."""
    return [change for change in _whole(draft, story, keeper) if change.at <= draft.now]


def _whole(draft: Draft, story: Story, keeper: UUID) -> Iterator[Change]:
    minutes = draft.random.randrange
    yield Change("placed", story.placed_at, story.customer.id)
    if story.end == "cancelled":
        at = story.placed_at + timedelta(minutes=minutes(10, 200))
        yield Change("cancelled", at, story.customer.id, "Changed my mind")
    elif story.end != "placed":
        at = story.placed_at + timedelta(minutes=minutes(4 * 60, 5 * 1440))
        yield Change("shipped", at, keeper)
        if story.end != "shipped":
            at += timedelta(minutes=minutes(5 * 1440, 20 * 1440))
            yield Change(story.end, at, keeper, draft.random.choice(words.REASONS))
