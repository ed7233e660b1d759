"""Sample people, and who follows whom: many a few, a few very many."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import accumulate
from uuid import UUID

from datasources.social.sample import words
from datasources.social.sample.draft import Draft
from datasources.social.tables import BLOCKS, FOLLOWS, PROFILES

USUALLY_FOLLOWED = 20
RARELY_FOLLOWED = 400
_STEEPNESS = 0.9


def add_people(draft: Draft, people: Sequence[UUID], named: Mapping[UUID, str]) -> None:
    """A profile for each of these, some with a handle that is known."""
    choice = draft.random.choice
    for number, id in enumerate(people):
        first, last = choice(words.FIRST), choice(words.LAST)
        handle = named.get(id)
        draft.rows[PROFILES].append(
            {
                "id": id,
                "handle": handle or f"{first}_{last[:1]}{number}".lower(),
                "name": handle.title() if handle else f"{first} {last}",
                "bio": choice(words.BIOS),
                "private": handle is None and draft.random.random() < 0.08,
                "created_at": draft.start - timedelta(days=draft.random.randrange(1, 300)),
                "erased_at": None,
            }
        )


def add_follows(draft: Draft, people: Sequence[UUID]) -> None:
    """The first are the most popular; of private ones not all have said yes."""
    weights = list(accumulate((place + 1) ** -_STEEPNESS for place in range(len(people))))
    private = {row["id"] for row in draft.rows[PROFILES] if row["private"]}
    blocked = set(_add_blocks(draft, people))
    for follower in people:
        usually = draft.random.expovariate(1 / USUALLY_FOLLOWED)
        many = RARELY_FOLLOWED if draft.random.random() < 0.005 else round(usually) + 3
        for followed in dict.fromkeys(draft.random.choices(people, cum_weights=weights, k=min(many, len(people)))):
            if followed != follower and (follower, followed) not in blocked:
                accepted = followed not in private or draft.random.random() < 0.8
                draft.add(
                    FOLLOWS, draft.sometime(), "at", follower_id=follower, followed_id=followed, accepted=accepted
                )
                if accepted:
                    draft.followed[follower].append(followed)


def _add_blocks(draft: Draft, people: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """Who may not follow whom, both ways."""
    pairs = {tuple(draft.random.sample(people, 2)) for _ in range(len(people) // 20)}
    for blocker, blocked in sorted(pairs):
        draft.add(BLOCKS, draft.sometime(), "at", blocker_id=blocker, blocked_id=blocked)
    return [pair for one, other in pairs for pair in ((one, other), (other, one))]
