"""Conversations, for their members alone."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from datasources.errors import InvalidInput, NotFound
from datasources.social.events import EventType
from datasources.social.stores import Social
from datasources.sql import Transaction
from loaders.social import SocialLoaders
from resolvers.context import Context
from resolvers.social import text
from resolvers.social.profiles import hold_me
from resolvers.text import plain

MAX_MEMBERS = 50


async def start_conversation(context: Context, with_: Sequence[UUID], key: str) -> Any:
    """A conversation with these people; of each two people there is one, which is given again.

    Raises: Unauthenticated, InvalidInput, NoProfile, NotFound for whom the actor does not see, KeyReused.
    """
    social, me = context.of(Social), context.actor.signed_in
    others = sorted({*with_} - {me})
    if not 1 <= len(others) < MAX_MEMBERS:
        raise InvalidInput("profileIds", f"Name 1 to {MAX_MEMBERS - 1} people besides yourself.")

    async def start(transaction: Transaction) -> str:
        held = await social.profiles.hold(transaction, me, *others)
        await hold_me(social, transaction)
        blocked = [one for one in others if await social.profiles.is_blocked(transaction, me, one)]
        if blocked or len(held) <= len(others):
            raise NotFound("profile")
        id, new = await social.messages.open(transaction, [me, *others])
        if new:
            await social.events.append(
                transaction, EventType.CONVERSATION_STARTED, id, members=[str(one) for one in held]
            )
        return str(id)

    started = await social.once(key, "startConversation", others).do(social.sources.database, start)
    return await _fresh(context, UUID(started))


async def send_message(context: Context, conversation_id: UUID, said: str, key: str) -> Any:
    """The message, once for `key`. Raises: Unauthenticated, InvalidInput, NoProfile, NotFound, KeyReused."""
    words, social = plain(said, "text", text.MAX_MESSAGE, lines=True), context.of(Social)

    async def send(transaction: Transaction) -> str:
        me = (await hold_me(social, transaction)).id
        members = await social.messages.hold(transaction, conversation_id)
        reached = [one for one in members if one != me]
        if not members:
            raise NotFound("conversation")
        if len(reached) == 1 and await social.profiles.is_blocked(transaction, me, reached[0]):
            raise NotFound("conversation")
        sent = await social.messages.insert(transaction, conversation_id, words)
        await social.messages.mark_read(transaction, conversation_id, sent.number)
        await social.events.append(
            transaction, EventType.MESSAGE_SENT, sent.id, owner=conversation_id, number=sent.number
        )
        return str(sent.id)

    sent = await social.once(key, "sendMessage", [conversation_id, said]).do(social.sources.database, send)
    context.loaders.forget()
    return await context.loaders.load(SocialLoaders.message_by_id, UUID(sent))


async def read_messages(context: Context, conversation_id: UUID, number: int) -> Any:
    """The actor has read all up to this number; it never goes back. Raises: Unauthenticated, InvalidInput, NotFound."""
    social = context.of(Social)
    async with social.sources.database.transaction() as transaction:
        last = await social.messages.last_number(transaction, conversation_id)
        if last is None:
            raise NotFound("conversation")
        if not 0 <= number <= last:
            raise InvalidInput("number", f"The last message of this conversation has the number {last}.")
        if await social.messages.mark_read(transaction, conversation_id, number):
            me = social.actor.id
            await social.events.append(
                transaction, EventType.CONVERSATION_READ, conversation_id, owner=me, number=number
            )
    return await _fresh(context, conversation_id)


async def _fresh(context: Context, id: UUID) -> Any:
    context.loaders.forget()
    return await context.loaders.load(SocialLoaders.conversation_by_id, id)
