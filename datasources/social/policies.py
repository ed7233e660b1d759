"""Which rows of social an actor sees: one predicate for each table, which every read of a store carries.

| row | nobody signed in | a person | scope social:moderate |
| --- | --- | --- | --- |
| profile | unless erased | unless erased, or one has blocked the other | unless erased |
| follow | between public profiles | its two ends; others where both ends are open to them | all |
| post | public ones of public profiles | its author; others what is public or for followers, of whom is open to them | all but "me" |
| comment, reaction | where the post is seen | where the post is seen, unless one has blocked the other | where the post is seen |
| review | all | unless one has blocked the other | all |
| message, conversation, its members | none | of their own conversations, unless one has blocked the other | as a person |
| notification | none | their own, of what they see | as a person |
| report, decision | none | none | all |

*Open* to somebody is a profile that is public, or private and has accepted them as a follower, where none of the two
has blocked the other. Posts, comments and reviews that moderation has hidden are seen by their authors and by moderation
alone. What belongs to a row that is not seen is not seen either: counts, feeds, searches and notifications read by these
same predicates.
"""  # noqa: E501

from collections.abc import Callable
from enum import Enum, auto
from functools import cache
from typing import Any

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.social.tables import (
    BLOCKS,
    COMMENTS,
    CONVERSATIONS,
    FOLLOWS,
    MEMBERS,
    MESSAGES,
    NOTIFICATIONS,
    POSTS,
    PROFILES,
    REACTIONS,
    REVIEWS,
)
from datasources.statements import EVERY, NONE, Condition

MODERATE = "social:moderate"
Predicate = sa.ColumnElement[bool]


class Viewer(Enum):
    NOBODY = auto()
    PERSON = auto()
    MODERATOR = auto()


def visible_profiles(actor: Actor) -> Condition:
    return _for(actor, _profiles)


def visible_follows(actor: Actor) -> Condition:
    return _for(actor, _follows)


def visible_posts(actor: Actor) -> Condition:
    return _for(actor, _posts)


def visible_posts_of(posts: sa.FromClause) -> Callable[[Actor], Condition]:
    """`visible_posts`, for a statement that reads posts more than once."""
    return lambda actor: _for(actor, lambda viewer: _posts_in(posts, viewer))


def visible_comments(actor: Actor) -> Condition:
    return _for(actor, _comments)


def visible_reactions(actor: Actor) -> Condition:
    return _for(actor, _reactions)


def visible_reviews(actor: Actor) -> Condition:
    return _for(actor, _reviews)


def visible_conversations(actor: Actor) -> Condition:
    return _own(actor, _conversations)


def visible_members(actor: Actor) -> Condition:
    return _own(actor, _members)


def visible_messages(actor: Actor) -> Condition:
    return _own(actor, _messages)


def visible_notifications(actor: Actor) -> Condition:
    return _for(actor, _notifications)


def moderated(actor: Actor) -> Condition:
    """Reports and decisions."""
    return EVERY if actor.may(MODERATE) else NONE


@cache
def followed_by_me(person: sa.ColumnElement[Any]) -> Condition:
    """Stands beside a policy, which says who I am."""
    return Condition(_follows_me(person), {})


ME = sa.bindparam("actor", type_=sa.Uuid())

_blocks = BLOCKS.alias()
_BLOCKED = (
    sa.select(_blocks.c.blocked_id)
    .where(_blocks.c.blocker_id == ME)
    .union_all(sa.select(_blocks.c.blocker_id).where(_blocks.c.blocked_id == ME))
)
"""Whom I have blocked, and who has blocked me: few, so that a statement reads them once, and not for each row."""


def unblocked(person: sa.ColumnElement[Any]) -> Predicate:
    return person.not_in(_BLOCKED)


def _for(actor: Actor, predicate: Callable[[Viewer], Predicate]) -> Condition:
    if actor.id is None:
        return Condition(predicate(Viewer.NOBODY), {})
    return Condition(predicate(Viewer.MODERATOR if actor.may(MODERATE) else Viewer.PERSON), {"actor": actor.id})


def _own(actor: Actor, predicate: Callable[[], Predicate]) -> Condition:
    return NONE if actor.id is None else Condition(predicate(), {"actor": actor.id})


def _follows_me(person: sa.ColumnElement[Any]) -> Predicate:
    """Whether I follow this person."""
    mine = FOLLOWS.alias()
    accepted = (mine.c.follower_id == ME, mine.c.followed_id == person, mine.c.accepted.is_(True))
    return sa.exists().where(*accepted)


def _is_public(person: sa.ColumnElement[Any]) -> Predicate:
    profile = PROFILES.alias()
    return sa.exists().where(profile.c.id == person, profile.c.private.is_(False))


def _is_open(person: sa.ColumnElement[Any], viewer: Viewer) -> Predicate:
    if viewer is Viewer.NOBODY:
        return _is_public(person)
    return sa.and_(unblocked(person), sa.or_(_is_public(person), _follows_me(person)))


def _unless_blocked(person: sa.ColumnElement[Any], viewer: Viewer) -> Predicate:
    return unblocked(person) if viewer is Viewer.PERSON else sa.true()


def _written(table: sa.Table, viewer: Viewer) -> Predicate:
    """Texts of people: one's own, and what is neither hidden nor of the blocked."""
    if viewer is Viewer.MODERATOR:
        return sa.true()
    shown = sa.and_(table.c.hidden_at.is_(None), _unless_blocked(table.c.author_id, viewer))
    return shown if viewer is Viewer.NOBODY else sa.or_(table.c.author_id == ME, shown)


@cache
def _profiles(viewer: Viewer) -> Predicate:
    return sa.and_(PROFILES.c.erased_at.is_(None), _unless_blocked(PROFILES.c.id, viewer))


@cache
def _follows(viewer: Viewer) -> Predicate:
    accepted = FOLLOWS.c.accepted.is_(True)
    if viewer is Viewer.MODERATOR:
        return accepted
    ends = (FOLLOWS.c.follower_id, FOLLOWS.c.followed_id)
    seen = sa.and_(*(_is_open(end, viewer) for end in ends))
    if viewer is Viewer.PERSON:
        mine = sa.or_(*(end == ME for end in ends))
        # An end that is me is open to me already; the other end of mine need not be.
        seen = sa.or_(sa.and_(mine, *(unblocked(end) for end in ends)), seen)
    return sa.and_(accepted, seen)


@cache
def _posts(viewer: Viewer) -> Predicate:
    return _posts_in(POSTS, viewer)


@cache
def _posts_in(posts: Any, viewer: Viewer) -> Predicate:
    if viewer is Viewer.MODERATOR:
        return sa.or_(posts.c.visibility != "me", posts.c.author_id == ME)
    public = sa.and_(posts.c.visibility == "public", _is_public(posts.c.author_id))
    if viewer is Viewer.NOBODY:
        return sa.and_(posts.c.hidden_at.is_(None), public)
    for_followers = sa.and_(posts.c.visibility != "me", _follows_me(posts.c.author_id))
    shown = sa.and_(posts.c.hidden_at.is_(None), unblocked(posts.c.author_id), sa.or_(public, for_followers))
    return sa.or_(posts.c.author_id == ME, shown)


def _with_post(post_id: sa.ColumnElement[Any], viewer: Viewer) -> Predicate:
    posts = POSTS.alias()
    return sa.exists().where(posts.c.id == post_id, _posts_in(posts, viewer))


@cache
def _comments(viewer: Viewer) -> Predicate:
    return _comments_in(COMMENTS, viewer)


def _comments_in(comments: Any, viewer: Viewer) -> Predicate:
    return sa.and_(_written(comments, viewer), _with_post(comments.c.post_id, viewer))


@cache
def _reactions(viewer: Viewer) -> Predicate:
    return sa.and_(_unless_blocked(REACTIONS.c.author_id, viewer), _with_post(REACTIONS.c.post_id, viewer))


@cache
def _reviews(viewer: Viewer) -> Predicate:
    return _written(REVIEWS, viewer)


_mine = MEMBERS.alias()
_MINE = sa.select(_mine.c.conversation_id).where(_mine.c.profile_id == ME)
"""The conversations that I am in."""


@cache
def _conversations() -> Predicate:
    return CONVERSATIONS.c.id.in_(_MINE)


@cache
def _members() -> Predicate:
    return sa.and_(MEMBERS.c.conversation_id.in_(_MINE), unblocked(MEMBERS.c.profile_id))


@cache
def _messages() -> Predicate:
    return sa.and_(MESSAGES.c.conversation_id.in_(_MINE), unblocked(MESSAGES.c.author_id))


@cache
def _notifications(viewer: Viewer) -> Predicate:
    if viewer is Viewer.NOBODY:
        return sa.false()
    of, comments = NOTIFICATIONS.c, COMMENTS.alias()
    comment = sa.exists().where(comments.c.id == of.comment_id, _comments_in(comments, viewer))
    return sa.and_(
        of.profile_id == ME,
        sa.or_(of.actor_id.is_(None), unblocked(of.actor_id)),
        sa.or_(of.post_id.is_(None), _with_post(of.post_id, viewer)),
        sa.or_(of.comment_id.is_(None), comment),
    )
