"""Profiles, and who follows or blocks whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from datasources.errors import InvalidInput, NotFound
from datasources.social.errors import HandleTaken, NoProfile
from datasources.social.events import EventType
from datasources.social.notifications import NotificationKind
from datasources.social.stores import Social
from datasources.sql import Transaction
from datasources.table import Row
from loaders.social import SocialLoaders
from resolvers.context import Context
from resolvers.social import text
from resolvers.social.telling import tell
from resolvers.text import plain

MAX_FOLLOWED = 5_000
"""A feed looks once at each."""


@dataclass(frozen=True, slots=True)
class ProfileValues:
    """What somebody says of themselves; None leaves a value as it is."""

    handle: str | None = None
    name: str | None = None
    bio: str | None = None
    private: bool | None = None


async def get_profile(context: Context, id: UUID) -> Any:
    """None where there is none, or none that the actor sees."""
    return await context.loaders.load(SocialLoaders.profile_by_id, id)


async def get_mine(context: Context) -> Any:
    """The actor's own; None where there is none yet. Raises: Unauthenticated."""
    return await get_profile(context, context.actor.signed_in)


async def hold_me(social: Social, transaction: Transaction) -> Row:
    """The actor's profile, which stays until the transaction ends: first in whatever adds to it. Raises: NoProfile."""
    id = social.actor.signed_in
    me = (await social.profiles.hold(transaction, id)).get(id)
    if me is None:
        raise NoProfile
    return me


async def create_profile(context: Context, values: ProfileValues) -> Any:
    """The actor's profile; a repeat changes nothing.

    Raises: Unauthenticated, InvalidInput, HandleTaken, NotFound where it was erased: it does not come back.
    """
    now, social = context.clock(), context.of(Social)
    row = {"bio": "", "private": False, **_checked(values), "id": context.actor.signed_in}
    try:
        async with social.sources.database.transaction() as transaction:
            if await social.profiles.insert(transaction, {**row, "created_at": now, "erased_at": None}):
                await social.events.append(transaction, EventType.PROFILE_CREATED, row["id"])
    except IntegrityError:
        raise HandleTaken from None
    return await _fresh(context, row["id"])


async def change_profile(context: Context, values: ProfileValues) -> Any:
    """Changes what is given. Who waits to follow a profile that becomes public, follows it.

    Raises: Unauthenticated, InvalidInput, HandleTaken, NoProfile.
    """
    changed, social = _checked(values), context.of(Social)
    if not changed:
        raise InvalidInput("input", "Nothing is to change; give a handle, a name, a bio or `private`.")
    try:
        async with social.sources.database.transaction() as transaction:
            me = await hold_me(social, transaction)
            await social.profiles.update(transaction, me.id, changed)
            await social.events.append(transaction, EventType.PROFILE_CHANGED, me.id, changed=sorted(changed))
            if values.private is False:
                await _accept(social, transaction, None)
    except IntegrityError:
        raise HandleTaken from None
    return await _fresh(context, me.id)


async def follow(context: Context, id: UUID) -> Any:
    """Follows a profile, or asks a private one to be let in. Raises: InvalidInput, NotFound, NoProfile."""
    async with _between(context, id) as (social, transaction, other):
        if await social.profiles.is_blocked(transaction, social.actor.signed_in, id):
            raise NotFound("profile")
        if await social.profiles.count_followed(transaction, social.actor.signed_in) >= MAX_FOLLOWED:
            raise InvalidInput("profileId", f"You follow {MAX_FOLLOWED} already; end some first.")
        accepted = not other.private
        if await social.profiles.follow(transaction, social.actor.signed_in, id, accepted=accepted):
            kind = NotificationKind.FOLLOW if accepted else NotificationKind.FOLLOW_REQUEST
            await tell(social, transaction, id, kind)
            event = EventType.FOLLOW_BEGAN if accepted else EventType.FOLLOW_REQUESTED
            await social.events.append(transaction, event, id, owner=social.actor.id)
    return await _fresh(context, id)


async def unfollow(context: Context, id: UUID) -> Any:
    """Ends following a profile, or the wish to. Raises: InvalidInput, NotFound, NoProfile."""
    async with _between(context, id) as (social, transaction, _):
        await _end(social, transaction, social.actor.signed_in, id)
    return await _fresh(context, id)


async def accept_follower(context: Context, id: UUID) -> Any:
    """Lets in who asked. Raises: InvalidInput, NotFound where nobody asked, NoProfile."""
    async with _between(context, id) as (social, transaction, _):
        if not await _accept(social, transaction, id):
            raise NotFound("follow request")
    return await _fresh(context, id)


async def remove_follower(context: Context, id: UUID) -> Any:
    """Refuses who asked, or ends their following; they are not told. Raises: InvalidInput, NotFound, NoProfile."""
    async with _between(context, id) as (social, transaction, _):
        await _end(social, transaction, id, social.actor.signed_in)
    return await _fresh(context, id)


async def block(context: Context, id: UUID) -> Any:
    """Hides both from each other; neither follows the other any more. Gives the actor's own profile.

    Raises: InvalidInput, NotFound, NoProfile.
    """
    async with _between(context, id) as (social, transaction, _):
        me = social.actor.signed_in
        if await social.profiles.block(transaction, me, id):
            await _end(social, transaction, me, id)
            await _end(social, transaction, id, me)
            await social.events.append(transaction, EventType.BLOCK_BEGAN, id, owner=me)
    return await _fresh(context, me)


async def unblock(context: Context, id: UUID) -> Any:
    """Nobody follows again by that. Gives the actor's own profile. Raises: InvalidInput, NotFound, NoProfile."""
    async with _between(context, id) as (social, transaction, _):
        me = social.actor.signed_in
        if await social.profiles.unblock(transaction, me, id):
            await social.events.append(transaction, EventType.BLOCK_ENDED, id, owner=me)
    return await _fresh(context, me)


@asynccontextmanager
async def _between(context: Context, id: UUID) -> AsyncIterator[tuple[Social, Transaction, Row]]:
    """A transaction that holds the actor's profile and the other one, so that nothing else happens between the two."""
    social, me = context.of(Social), context.actor.signed_in
    if id == me:
        raise InvalidInput("profileId", "This is your own profile; pass the id of another.")
    async with social.sources.database.transaction() as transaction:
        held = await social.profiles.hold(transaction, me, id)
        if me not in held:
            raise NoProfile
        if id not in held:
            raise NotFound("profile")
        yield social, transaction, held[id]


async def _accept(social: Social, transaction: Transaction, follower: UUID | None) -> bool:
    me = social.actor.signed_in
    accepted = await social.profiles.accept(transaction, follower, me)
    for one in accepted:
        await tell(social, transaction, one, NotificationKind.FOLLOW_ACCEPTED)
        await social.events.append(transaction, EventType.FOLLOW_BEGAN, me, owner=one)
    return bool(accepted)


async def _end(social: Social, transaction: Transaction, follower: UUID, followed: UUID) -> None:
    if await social.profiles.unfollow(transaction, follower, followed):
        await social.notifications.take_back_follow(transaction, follower, followed)
        await social.events.append(transaction, EventType.FOLLOW_ENDED, followed, owner=follower)


async def _fresh(context: Context, id: UUID) -> Any:
    """The profile as it is now. Raises: NotFound where the actor does not see it any more."""
    context.loaders.forget()
    profile = await get_profile(context, id)
    if profile is None:
        raise NotFound("profile")
    return profile


def _checked(values: ProfileValues) -> dict[str, Any]:
    """The columns to write."""
    columns: dict[str, Any] = {}
    if values.handle is not None:
        columns["handle"] = text.handle(values.handle)
    if values.name is not None:
        columns["name"] = plain(values.name, "name", 80)
    if values.bio is not None:
        columns["bio"] = plain(values.bio, "bio", 500, lines=True, empty=True)
    if values.private is not None:
        columns["private"] = values.private
    return columns
