"""What sample people post, answer, review and write to each other."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

from datasources.social.notifications import NotificationKind
from datasources.social.posts import ReactionKind, Visibility
from datasources.social.sample import words
from datasources.social.sample.draft import Draft
from datasources.social.tables import (
    COMMENTS,
    CONVERSATIONS,
    MEMBERS,
    MESSAGES,
    NOTIFICATIONS,
    POST_MENTIONS,
    POST_PRODUCTS,
    POSTS,
    PROFILES,
    REACTIONS,
    REVIEWS,
)

NEWS = timedelta(days=14)
"""How old what people are told may be."""
_VISIBILITIES = ([Visibility.PUBLIC, Visibility.FOLLOWERS, Visibility.ME], [86, 12, 2])


def add_posts(draft: Draft, people: Sequence[UUID], products: Sequence[UUID], number: int) -> None:
    handles = {row["id"]: row["handle"] for row in draft.rows[PROFILES]}
    weights = list(accumulate((place + 5) ** -0.5 for place in range(len(people))))
    for author in draft.random.choices(people, cum_weights=weights, k=number):
        mentioned = (
            draft.random.sample(draft.followed[author], 1) if _chance(draft, 0.15, draft.followed[author]) else []
        )
        text = " ".join(_said(draft) + [f"@{handles[one]}" for one in mentioned])
        (visibility,) = draft.random.choices(*_VISIBILITIES)
        at = draft.sometime()
        post = draft.add(
            POSTS, at, "created_at", author_id=author, text=text, visibility=visibility, edited_at=None, hidden_at=None
        )
        for one in mentioned:
            draft.rows[POST_MENTIONS].append({"post_id": post, "profile_id": one})
            _tell(draft, draft.rows[POSTS][-1], one, NotificationKind.MENTION, author, post)
        if _chance(draft, 0.2, products):
            shown = {"post_id": post, "product_id": draft.random.choice(products), "position": 1}
            draft.add(POST_PRODUCTS, at, "posted_at", **shown)


def add_answers(draft: Draft, comments: int, reactions: int) -> None:
    """By those who follow the author, as a rule, and most to few posts."""
    followers: dict[UUID, list[UUID]] = {}
    for follower, all_followed in draft.followed.items():
        for followed in all_followed:
            followers.setdefault(followed, []).append(follower)
    posts = [
        post for post in draft.rows[POSTS] if post["author_id"] in followers and post["visibility"] != Visibility.ME
    ]
    weights = list(accumulate(len(followers[post["author_id"]]) for post in posts))
    for post in draft.random.choices(posts, cum_weights=weights, k=comments):
        author = draft.random.choice(followers[post["author_id"]])
        said = {"author_id": author, "text": draft.random.choice(words.ANSWERS), "hidden_at": None}
        comment = draft.add(COMMENTS, draft.sometime(post["created_at"]), "created_at", post_id=post["id"], **said)
        _tell(draft, draft.rows[COMMENTS][-1], post["author_id"], NotificationKind.COMMENT, author, comment)
    kinds = (list(ReactionKind), [60, 20, 10, 6, 4])
    seen = set()
    for post in draft.random.choices(posts, cum_weights=weights, k=reactions):
        author = draft.random.choice(followers[post["author_id"]])
        if (post["id"], author) not in seen:
            seen.add((post["id"], author))
            (kind,) = draft.random.choices(*kinds)
            at = draft.sometime(post["created_at"])
            draft.rows[REACTIONS].append({"post_id": post["id"], "author_id": author, "kind": kind, "at": at})


def add_reviews(draft: Draft, bought: Sequence[tuple[UUID, UUID]], number: int) -> None:
    for author, product in draft.random.sample(bought, min(number, len(bought))):
        (stars,) = draft.random.choices(range(1, 6), [4, 6, 15, 35, 40])
        said = {"author_id": author, "product_id": product, "stars": stars, "text": draft.random.choice(words.REVIEWS)}
        draft.add(REVIEWS, draft.sometime(), "created_at", **said, edited_at=None, hidden_at=None)


def add_conversations(draft: Draft, people: Sequence[UUID], number: int) -> None:
    """Of two as a rule; the first person is in some."""
    pairs = set()
    for place in range(number):
        many = 2 if draft.random.random() < 0.85 else min(4, len(people))
        members = sorted(draft.random.sample(people, many))
        if place < 5 and people[0] not in members:
            members = sorted([people[0], *members[1:]])
        pair = ":".join(map(str, members)) if len(members) == 2 else None
        if pair is None or pair not in pairs:
            pairs.add(pair)
            _add_messages(draft, members, pair)


def _add_messages(draft: Draft, members: Sequence[UUID], pair: str | None) -> None:
    at, many = draft.sometime(), draft.random.randrange(1, 12)
    end = at + timedelta(minutes=3 * many)
    id = draft.add(CONVERSATIONS, at, "created_at", pair=pair, messages=many, active_at=min(end, draft.now))
    for member in members:
        read = draft.random.randrange(many + 1)
        draft.rows[MEMBERS].append({"conversation_id": id, "profile_id": member, "read_number": read})
    for number in range(1, many + 1):
        said = {"author_id": draft.random.choice(members), "text": draft.random.choice(words.MESSAGES)}
        sent_at = min(at + timedelta(minutes=3 * number), draft.now)
        draft.add(MESSAGES, sent_at, "sent_at", conversation_id=id, number=number, **said)


def _tell(draft: Draft, row: dict[str, Any], whom: UUID, kind: NotificationKind, actor: UUID, of: UUID) -> None:
    if row["created_at"] < draft.now - NEWS or whom == actor:
        return
    comment = kind is NotificationKind.COMMENT
    about = {"post_id": row["post_id"] if comment else row["id"], "comment_id": row["id"] if comment else None}
    what = {"cause": f"{kind}:{actor}:{of}", "kind": kind, "actor_id": actor, **about}
    read_at = draft.now if draft.random.random() < 0.5 else None
    draft.add(
        NOTIFICATIONS,
        row["created_at"],
        "created_at",
        profile_id=whom,
        **what,
        order_id=None,
        status=None,
        read_at=read_at,
    )


def _chance(draft: Draft, chance: float, of: Sequence[Any]) -> bool:
    return bool(of) and draft.random.random() < chance


def _said(draft: Draft) -> list[str]:
    choice = draft.random.choice
    return [part for part in (choice(words.OPENINGS), choice(words.THINGS) + ".", choice(words.ENDINGS)) if part]
