"""The feed: its rule, its pages while the world goes on, and what it costs."""

from typing import Any

from datasources.actor import Actor
from tests.commerce.shop import Clock, Shop
from tests.gateway_client import Gateway
from tests.sandbox_process import RunningSandbox
from tests.social.town import Town

FEED = """
query ($after: String) {
  feed(first: 3, after: $after) { nodes { recommended post { text } } pageInfo { hasNextPage endCursor } }
}
"""
WHOLE = """
query ($first: Int!) {
  feed(first: $first) { nodes { post {
    text
    author { handle }
    mentions { handle }
    comments(first: 2) { totalCount nodes { text author { handle } } }
    reactions { kind count }
    myReaction
    products { product { name available price { amount } } }
  } } }
}
"""
STATEMENTS = {
    "social.recommended": 2,  # the service knows nothing of her, and then we look
    "posts": 1,
    "social.post_by_id": 1,
    "social.profile_by_id": 2,  # authors of posts, and of comments
    "social.mentioned_by_post": 1,
    "social.comments_by_post": 1,
    "social.comments_by_post.count": 1,
    "social.reactions_by_post": 1,
    "social.own_reaction": 1,
    "social.products_by_post": 1,
    "commerce.product_by_id": 1,
    "commerce.available_by_product": 1,
}


def texts(page: Any) -> list[str]:
    return [entry["post"]["text"] for entry in page["nodes"]]


async def test_the_newest_comes_first_and_what_is_recommended_as_if_half_a_day_older(
    gateway: Gateway, town: Town, clock: Clock, switches: RunningSandbox
) -> None:
    ada, bo, cy, di = [await town.person(handle) for handle in ("ada", "bob", "cyd", "dia")]
    await town.follows(ada, bo)
    _recommend(switches, ada, cy)
    await town.post(bo, "old")
    clock.forward(hours=1)
    await town.post(cy, "recommended")
    await town.post(di, "of a stranger")
    await town.post(ada, "her own")
    clock.forward(hours=10)
    await town.post(bo, "half a day after the first, and ten hours after what is recommended")
    page = (await gateway.data(FEED, as_=ada))["feed"]
    assert [(entry["recommended"], entry["post"]["text"][:11]) for entry in page["nodes"]] == [
        (False, "half a day "),
        (False, "old"),
        (True, "recommended"),
    ]
    assert page["pageInfo"]["hasNextPage"] is False


async def test_pages_go_on_with_what_there_was_though_the_world_goes_on(
    gateway: Gateway, town: Town, switches: RunningSandbox, clock: Clock
) -> None:
    ada, bo, cy, di = [await town.person(handle) for handle in ("ada", "bob", "cyd", "dia")]
    await town.follows(ada, bo)
    await town.follows(ada, cy)
    _recommend(switches, ada, di)
    written = [f"{number} of {'bob' if author is bo else 'cyd'}" for number in range(4) for author in (bo, cy)]
    for text in written:
        await town.post(bo if "bob" in text else cy, text)
    await town.post(di, "first of dia")
    seen, after = [], None
    for number in range(4):
        page = (await gateway.data(FEED, {"after": after}, as_=ada))["feed"]
        seen += texts(page)
        after = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] is (number < 2)
        if not page["pageInfo"]["hasNextPage"]:
            break
        await town.post(bo, f"while page {number} was read")
        await town.post(di, f"of dia while page {number} was read")
        _recommend(switches, ada)
    assert seen == [*written[::-1], "first of dia"]
    foreign = await gateway.ask(FEED, {"after": f"x{after}"}, as_=ada)
    assert foreign["errors"][0]["extensions"] == {"code": "INVALID_INPUT", "field": "after"}


async def test_one_statement_for_each_edge_however_many_posts(gateway: Gateway, town: Town, shop: Shop) -> None:
    ada, bo = await town.person("ada"), await town.person("bob")
    await town.follows(ada, bo)
    mug = shop.id("Product", await shop.product("Mug", stock={"BER": 3}))
    for number in range(6):
        post = await town.post(bo, f"{number} for @ada", productIds=[mug])
        await town.comment(ada, post)
        await town.reacts(ada, post, "LOVE")
    for first in (2, 6):
        page = (await gateway.data(WHOLE, {"first": first}, as_=ada))["feed"]
        assert gateway.calls == STATEMENTS
        assert page["nodes"] == [{"post": _told(number)} for number in range(5, 5 - first, -1)]


def _told(number: int) -> dict[str, Any]:
    return {
        "text": f"{number} for @ada",
        "author": {"handle": "bob"},
        "mentions": [{"handle": "ada"}],
        "comments": {"totalCount": 1, "nodes": [{"text": "Quite so", "author": {"handle": "ada"}}]},
        "reactions": [{"kind": "LOVE", "count": 1}],
        "myReaction": "LOVE",
        "products": [{"product": {"name": "Mug", "available": 3, "price": {"amount": "10.00"}}}],
    }


def _recommend(switches: RunningSandbox, to: Actor, *people: Actor) -> None:
    told = {"user": str(to.id), "people": [str(one.id) for one in people], "products": []}
    switches.import_recommendations([told])
