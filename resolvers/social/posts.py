"""Posts, with what is said of them: comments and reactions."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from datasources.errors import InvalidInput, NotFound
from datasources.ids import uuid7
from datasources.social.events import EventType
from datasources.social.notifications import NotificationKind
from datasources.social.posts import ReactionKind, Visibility
from datasources.social.stores import Social
from datasources.sql import Transaction
from datasources.table import Row
from loaders.social import SocialLoaders
from resolvers.context import Context
from resolvers.social import text
from resolvers.social.profiles import hold_me
from resolvers.social.telling import tell
from resolvers.text import plain

MAX_PRODUCTS = 10


@dataclass(frozen=True, slots=True)
class NewPost:
    text: str
    visibility: Visibility
    products: tuple[UUID, ...]


async def create_post(context: Context, new: NewPost, key: str) -> Any:
    """The post, once for `key`. Raises: Unauthenticated, InvalidInput, NoProfile, NotFound, KeyReused."""
    words, social = plain(new.text, "text", text.MAX_POST, lines=True), context.of(Social)
    products = tuple(dict.fromkeys(new.products))
    if len(products) > MAX_PRODUCTS:
        raise InvalidInput("productIds", f"A post shows {MAX_PRODUCTS} products at most.")
    mentioned = await _mentioned(context, words)

    async def create(transaction: Transaction) -> str:
        author = (await hold_me(social, transaction)).id
        now = context.clock()
        post = {"id": uuid7(now), "author_id": author, "text": words, "visibility": new.visibility, "created_at": now}
        await social.posts.insert(transaction, post, mentioned, products)
        await social.events.append(transaction, EventType.POST_CREATED, post["id"], owner=author)
        await _tell_mentioned(social, transaction, mentioned, post["id"])
        return str(post["id"])

    made = await social.once(key, "createPost", asdict(new)).do(social.sources.database, create)
    return await _found(context, SocialLoaders.post_by_id, UUID(made), "post")


async def change_post(context: Context, id: UUID, new_text: str | None, visibility: Visibility | None) -> Any:
    """Changes what is given of the actor's post; who is mentioned anew is told. Raises: InvalidInput, NotFound."""
    social, values, mentioned = context.of(Social), dict[str, Any](), None
    if new_text is not None:
        values["text"] = plain(new_text, "text", text.MAX_POST, lines=True)
        mentioned = await _mentioned(context, values["text"])
    if visibility is not None:
        values["visibility"] = visibility
    if not values:
        raise InvalidInput("input", "Nothing is to change; give a text or a visibility.")
    async with social.sources.database.transaction() as transaction:
        me = (await hold_me(social, transaction)).id
        if not await social.posts.update(transaction, id, {**values, "edited_at": context.clock()}, mentioned):
            raise NotFound("post")
        await social.events.append(transaction, EventType.POST_CHANGED, id, owner=me, changed=sorted(values))
        await _tell_mentioned(social, transaction, mentioned or (), id)
    return await _found(context, SocialLoaders.post_by_id, id, "post")


async def delete_post(context: Context, id: UUID) -> UUID:
    """Deletes the actor's post, with all that was said of it. Raises: NotFound."""
    social = context.of(Social)
    async with social.sources.database.transaction() as transaction:
        if not await social.posts.delete(transaction, id):
            raise NotFound("post")
        await social.events.append(transaction, EventType.POST_DELETED, id, owner=social.actor.id)
    return id


async def create_comment(context: Context, post_id: UUID, said: str, key: str) -> Any:
    """The comment, once for `key`. Raises: Unauthenticated, InvalidInput, NoProfile, NotFound, KeyReused."""
    words, social = plain(said, "text", text.MAX_COMMENT, lines=True), context.of(Social)
    mentioned = await _mentioned(context, words)

    async def create(transaction: Transaction) -> str:
        author = (await hold_me(social, transaction)).id
        post = await _hold(social, transaction, post_id)
        now = context.clock()
        comment = {"id": uuid7(now), "post_id": post_id, "author_id": author, "text": words, "created_at": now}
        await social.posts.insert_comment(transaction, comment)
        await social.events.append(
            transaction, EventType.COMMENT_CREATED, comment["id"], owner=author, post=str(post_id)
        )
        of = {"post_id": post_id, "comment_id": comment["id"]}
        await tell(social, transaction, post.author_id, NotificationKind.COMMENT, comment["id"], **of)
        for one in mentioned:
            if one != post.author_id:
                await tell(social, transaction, one, NotificationKind.MENTION, comment["id"], **of)
        return str(comment["id"])

    made = await social.once(key, "createComment", [post_id, said]).do(social.sources.database, create)
    return await _found(context, SocialLoaders.comment_by_id, UUID(made), "comment")


async def delete_comment(context: Context, id: UUID) -> UUID:
    """Deletes the actor's comment. Raises: Unauthenticated, NotFound."""
    social = context.of(Social)
    async with social.sources.database.transaction() as transaction:
        comment = await social.posts.delete_comment(transaction, id)
        if comment is None:
            raise NotFound("comment")
        await social.events.append(
            transaction, EventType.COMMENT_DELETED, id, owner=social.actor.id, post=str(comment.post_id)
        )
    return id


async def react(context: Context, post_id: UUID, kind: ReactionKind | None) -> Any:
    """Puts the actor's one reaction to a post, or takes it away. Raises: Unauthenticated, NoProfile, NotFound."""
    social = context.of(Social)
    async with social.sources.database.transaction() as transaction:
        await hold_me(social, transaction)
        post = await _hold(social, transaction, post_id)
        if kind is None:
            changed = await social.posts.unreact(transaction, post_id)
            await social.notifications.take_back(transaction, post.author_id, NotificationKind.REACTION, post_id)
        else:
            changed = await social.posts.react(transaction, post_id, kind)
            await tell(social, transaction, post.author_id, NotificationKind.REACTION, post_id, post_id=post_id)
        if changed:
            await social.events.append(
                transaction, EventType.REACTION_CHANGED, post_id, owner=social.actor.id, kind=kind
            )
    return await _found(context, SocialLoaders.post_by_id, post_id, "post")


async def _mentioned(context: Context, words: str) -> Sequence[UUID]:
    """Whom a text mentions, as far as the actor sees them."""
    handles = text.mentions(words)
    found = await context.of(Social).profiles.by_handles(handles) if handles else ()
    return [profile.id for profile in found]


async def _tell_mentioned(social: Social, transaction: Transaction, people: Sequence[UUID], post_id: UUID) -> None:
    for one in people:
        await tell(social, transaction, one, NotificationKind.MENTION, post_id, post_id=post_id)


async def _hold(social: Social, transaction: Transaction, post_id: UUID) -> Row:
    post = await social.posts.hold(transaction, post_id)
    if post is None:
        raise NotFound("post")
    return post


async def _found(context: Context, batch: Any, id: UUID, kind: str) -> Any:
    """What was written, as it is now. Raises: NotFound where it is gone already."""
    context.loaders.forget()
    found = await context.loaders.load(batch, id)
    if found is None:
        raise NotFound(kind)
    return found
