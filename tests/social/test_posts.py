"""Posts, comments, reactions and reviews; and who is told of them."""

import asyncio
from typing import Any

import pytest

from datasources.actor import Actor
from datasources.social.tables import COMMENTS, EVENTS, NOTIFICATIONS, POST_MENTIONS, POSTS, REACTIONS, REVIEWS
from tests.commerce.shop import Shop, Sold
from tests.gateway_client import Gateway
from tests.social.town import Town

NEWS = """
{ notifications(unreadOnly: true) { totalCount nodes { kind actor { handle } post { text } comment { text } } } }
"""
POST = "query ($id: ID!) { post(id: $id) { text editedAt mentions { handle } reactions { kind count } myReaction } }"


async def told(gateway: Gateway, actor: Actor) -> list[tuple[str, str, str | None]]:
    """Kind, who and what of all that is unread, the newest first."""
    found = (await gateway.data(NEWS, as_=actor))["notifications"]
    assert found["totalCount"] == len(found["nodes"])
    said = [(one["kind"], one["actor"]["handle"], one["comment"] or one["post"]) for one in found["nodes"]]
    return [(kind, who, what and what["text"]) for kind, who, what in said]


async def test_who_is_mentioned_answered_and_liked_is_told_once(gateway: Gateway, town: Town) -> None:
    ada, bo, cy = [await town.person(handle) for handle in ("ada", "bob", "cyd")]
    post = await town.post(ada, "For @bob, @Bob, me@bob.example and @nobody, by @ada")
    await town.comment(bo, post, "Thanks @ada, and look @cyd")
    for kind in ("LIKE", "LOVE", "LOVE"):
        await town.reacts(bo, post, kind)
    said = "Thanks @ada, and look @cyd"
    assert await told(gateway, bo) == [("MENTION", "ada", "For @bob, @Bob, me@bob.example and @nobody, by @ada")]
    assert [kind for kind, _, _ in await told(gateway, ada)] == ["REACTION", "COMMENT"]
    assert await told(gateway, cy) == [("MENTION", "bob", said)]
    shown = (await gateway.data(POST, {"id": post}, as_=bo))["post"]
    assert shown["mentions"] == [{"handle": "ada"}, {"handle": "bob"}]
    assert (shown["reactions"], shown["myReaction"]) == ([{"kind": "LOVE", "count": 1}], "LOVE")
    await town.reacts(bo, post, None)
    assert [kind for kind, _, _ in await told(gateway, ada)] == ["COMMENT"]
    change = {"postId": post, "text": "For @cyd alone"}
    await town.does("changePost", "ChangePostInput", "post { id }", change, as_=ada)
    assert [kind for kind, _, _ in await told(gateway, cy)] == ["MENTION", "MENTION"]
    assert await told(gateway, bo) == [("MENTION", "ada", "For @cyd alone")]
    assert (await gateway.data(POST, {"id": post}))["post"]["editedAt"] is not None


async def test_what_is_read_is_counted_no_more(gateway: Gateway, town: Town) -> None:
    ada, bo = await town.person("ada"), await town.person("bob")
    for _ in range(3):
        await town.post(bo, "@ada")
    ids = await town.notifications(ada)
    read = {"notificationIds": ids[:1]}
    mark = ("readNotifications", "ReadNotificationsInput", "readCount")
    assert (await town.does(*mark, read, as_=bo))["readCount"] == 0, "they are not his"
    both = await asyncio.gather(*(town.does(*mark, read, as_=ada) for _ in range(2)))
    assert sorted(one["readCount"] for one in both) == [0, 1]
    assert len(await told(gateway, ada)) == 2
    cy = await town.person("cyd")
    await town.post(cy, "@ada")
    await town.blocks(ada, cy)
    assert (await town.does(*mark, {}, as_=ada))["readCount"] == 2, "what is hidden is not counted"
    assert await told(gateway, ada) == []
    many = {"notificationIds": ids[:1] * 101}
    assert (await town.does(*mark, many, as_=ada))["problem"]["code"] == "INVALID_INPUT"


async def test_a_deleted_post_takes_along_what_was_said_of_it(gateway: Gateway, town: Town) -> None:
    ada, bo = await town.person("ada"), await town.person("bob")
    post = await town.post(ada, "wunderbar @bob")
    await town.comment(bo, post)
    await town.reacts(bo, post)
    delete = ("deletePost", "DeletePostInput", "deletedId", {"postId": post})
    assert (await town.does(*delete, as_=bo))["problem"]["code"] == "NOT_FOUND"
    assert (await town.does(*delete, as_=ada)) == {"deletedId": post, "problem": None}
    assert (await town.does(*delete, as_=ada))["problem"]["code"] == "NOT_FOUND"
    for table in (POSTS, COMMENTS, REACTIONS, POST_MENTIONS, NOTIFICATIONS):
        assert await town.count(table) == 0, table.name
    assert await gateway.data('{ searchPosts(text: "wunderbar") { totalCount } }') == {"searchPosts": {"totalCount": 0}}


async def test_a_repeat_posts_nothing_more(town: Town) -> None:
    ada = await town.person("ada")
    values = {"text": "Once", "idempotencyKey": "post"}
    posting = ("createPost", "CreatePostInput", "post { id }")
    made = await asyncio.gather(*(town.does(*posting, values, as_=ada) for _ in range(4)))
    assert len({one["post"]["id"] for one in made}) == 1
    other = await town.does(*posting, values | {"text": "Twice"}, as_=ada)
    assert other["problem"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert (await town.count(POSTS), await town.count(EVENTS, EVENTS.c.type == "post.created")) == (1, 1)


@pytest.mark.parametrize("text", ["", "  ", "x" * 2001, "a\0b", " ".join(f"@person{n}" for n in range(21))])
async def test_what_cannot_be_meant_is_refused_and_nothing_is_posted(text: str, town: Town) -> None:
    ada = await town.person("ada")
    values = {"text": text, "idempotencyKey": "post"}
    refused = await town.does("createPost", "CreatePostInput", "post { id }", values, as_=ada)
    assert refused["problem"]["code"] == "INVALID_INPUT"
    assert await town.count(POSTS) == 0


async def test_many_who_react_at_once_have_one_reaction_each(gateway: Gateway, town: Town) -> None:
    ada, bo = await town.person("ada"), await town.person("bob")
    posts = {ada: await town.post(ada), bo: await town.post(bo)}
    kinds = ("LIKE", "LOVE", "SAD", "LIKE")
    reactions = [
        town.does("react", "ReactInput", "post { id }", {"postId": posts[other], "kind": kind}, as_=one)
        for kind in kinds
        for one, other in ((ada, bo), (bo, ada))
    ]
    assert all(one["problem"] is None for one in await asyncio.gather(*reactions))
    assert (await town.count(REACTIONS), await town.count(NOTIFICATIONS)) == (2, 2)


WRITE = ("writeReview", "WriteReviewInput", "review { id stars text author { handle } product { name } }")


def a_review(product: str, key: str, **more: Any) -> dict[str, Any]:
    return {"productId": product, "stars": 5, "text": "It holds water", "idempotencyKey": key, **more}


async def test_reviews_are_of_what_was_sent_and_one_of_each(gateway: Gateway, town: Town, shop: Shop) -> None:
    ada = await town.person("ada", actor=await shop.customer())
    mug = await shop.product("Mug")
    product = shop.id("Product", mug)
    await shop.order(ada, Sold(mug), status="placed")
    await shop.order(await shop.customer("bo@example.com"), Sold(mug), status="shipped")
    assert (await town.does(*WRITE, a_review(product, "a"), as_=ada))["problem"]["code"] == "SOCIAL_NOT_BOUGHT"
    assert await town.count(REVIEWS) == 0
    await shop.order(ada, Sold(mug), status="shipped")
    assert (await town.does(*WRITE, a_review(product, "b", stars=6), as_=ada))["problem"]["code"] == "INVALID_INPUT"
    twins = [town.does(*WRITE, a_review(product, f"c{n}"), as_=ada) for n in range(4)]
    made = await asyncio.gather(*twins)
    assert len({one["review"]["id"] for one in made}) == await town.count(REVIEWS) == 1
    anew = await town.does(*WRITE, a_review(product, "d", stars=2, text="It leaks"), as_=ada)
    review = {"stars": 2, "text": "It leaks", "author": {"handle": "ada"}, "product": {"name": "Mug"}}
    assert anew == {"review": {"id": made[0]["review"]["id"], **review}, "problem": None}
    found = await gateway.data(
        "query ($id: ID!) { product(id: $id) { reviewSummary { count stars } reviews { nodes { text } } } }",
        {"id": product},
    )
    assert found["product"] == {
        "reviewSummary": {"count": 1, "stars": 2.0},
        "reviews": {"nodes": [{"text": "It leaks"}]},
    }
