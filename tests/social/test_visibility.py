"""Who sees what, as one table; and each of its rows by every way that leads there."""

from typing import Any

import pytest

from datasources.actor import ANONYMOUS, Actor
from tests.commerce.shop import Shop, Sold
from tests.gateway_client import Gateway
from tests.social.town import Town

POSTS = {
    "public": "nobody stranger follower author moderator",
    "public hidden": "author moderator",
    "followers": "follower author moderator",
    "me": "author",
    "private public": "follower author moderator",
    "private followers": "follower author moderator",
    "private me": "author",
}
"""A post of an author, who is private or not, and who of them all sees it."""
WHO = ("nobody", "stranger", "asking", "follower", "author", "blocked", "blocker", "moderator")
SEARCHED = {what: f"{what.replace(' ', '')}word" for what in POSTS}

WAYS = """
query ($post: ID!, $comment: ID!, $author: ID!, $text: String!) {
  node(id: $post) { id }
  post(id: $post) { id comments { totalCount nodes { id } } reactions { count } }
  comment: node(id: $comment) { ... on Comment { id post { id } } }
  profile(id: $author) { posts { totalCount nodes { id } } }
  searchPosts(text: $text) { totalCount nodes { id } }
}
"""
MINE = "{ feed { nodes { post { id } } } notifications { totalCount nodes { post { id } comment { id } } } }"


class Scene:
    """Two authors, whoever stands to them in each way, and posts with a comment and a reaction of a friend."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.posts: dict[str, str] = {}
        self.comments: dict[str, str] = {}

    async def set(self) -> None:
        town = self.town
        names = ("stranger", "asking", "follower", "blocked", "blocker", "friend")
        others = {name: await town.person(name) for name in names}
        self.authors = {private: await town.person(f"author{private:d}", private=private) for private in (False, True)}
        self.actors: dict[str, Actor] = {**others, "nobody": ANONYMOUS}
        self.actors["moderator"] = await town.person("moderator", actor=town.moderator())
        for author in self.authors.values():
            for name in ("follower", "blocked", "blocker", "friend"):
                await town.follows(others[name], author)
        await town.asks(others["asking"], self.authors[True])
        for what in POSTS:
            await self._write(what)
        for author in self.authors.values():
            await town.blocks(author, others["blocked"])
            await town.blocks(others["blocker"], author)

    async def _write(self, what: str) -> None:
        """As a public post, of which everybody hears; then it becomes what it is to be."""
        town, author = self.town, self.author(what)
        mentions = "@stranger @follower @blocked @blocker"
        post = self.posts[what] = await town.post(author, f"{SEARCHED[what]} {mentions}")
        self.comments[what] = await town.comment(self.actors["friend"], post, f"Indeed {mentions}")
        await town.reacts(self.actors["friend"], post)
        visibility = what.split()[-1].upper()
        if visibility == "HIDDEN":
            await town.moderates(post)
        else:
            change = {"postId": post, "visibility": visibility}
            await town.does("changePost", "ChangePostInput", "post { id }", change, as_=author)

    def author(self, what: str) -> Actor:
        return self.authors[what.startswith("private")]

    def actor(self, name: str, what: str) -> Actor:
        return self.author(what) if name == "author" else self.actors[name]


async def test_a_post_is_seen_by_these_and_by_no_way_by_others(gateway: Gateway, town: Town) -> None:
    scene = Scene(town)
    await scene.set()
    for name in WHO:
        like = "stranger" if name == "asking" else name
        sees = {what for what, seen_by in POSTS.items() if like in seen_by.split()}
        for what, post in scene.posts.items():
            variables = {
                "post": post,
                "comment": scene.comments[what],
                "author": town.id(scene.author(what)),
                "text": SEARCHED[what],
            }
            found = await gateway.data(WAYS, variables, as_=scene.actor(name, what))
            shown = {"totalCount": 1, "nodes": [{"id": scene.comments[what]}]}
            one, none = {"totalCount": 1, "nodes": [{"id": post}]}, {"totalCount": 0, "nodes": []}
            profile = found.pop("profile")
            assert found == (
                {
                    "node": {"id": post},
                    "post": {"id": post, "comments": shown, "reactions": [{"count": 1}]},
                    "comment": {"id": scene.comments[what], "post": {"id": post}},
                    "searchPosts": one,
                }
                if what in sees
                else {"node": None, "post": None, "comment": None, "searchPosts": none}
            ), (name, what)
            theirs = [scene.posts[one] for one in sees if scene.author(one) == scene.author(what)]
            assert (profile is None) == (name in ("blocked", "blocker")), name
            if profile:
                assert sorted(node["id"] for node in profile["posts"]["nodes"]) == sorted(theirs), (name, what)
                assert profile["posts"]["totalCount"] == len(theirs), (name, what)
        if name in ("stranger", "follower", "blocked", "blocker"):
            seen = {scene.posts[what] for what in sees}
            mine = await gateway.data(MINE, as_=scene.actors[name])
            fed = [entry["post"]["id"] for entry in mine["feed"]["nodes"]]
            assert sorted(fed) == (sorted(seen) if name == "follower" else []), name
            told = [node["post"]["id"] for node in mine["notifications"]["nodes"] if node["post"]]
            assert sorted(told) == sorted([*seen, *seen]), "of each post by itself, and by its comment"
            others = len(mine["notifications"]["nodes"]) - len(told)
            assert mine["notifications"]["totalCount"] == len(told) + others
            assert others == (name == "follower"), "that it was let in by the private one"


COUNTED = """
query ($post: ID!, $product: ID!, $popular: ID!) {
  post(id: $post) { comments { totalCount nodes { author { handle } } } reactions { kind count } mentions { handle } }
  product(id: $product) { reviews { totalCount nodes { author { handle } } } reviewSummary { count stars } }
  profile(id: $popular) { followers { totalCount nodes { handle } } }
  searchProfiles(text: "troll") { totalCount nodes { handle } }
}
"""


async def test_blocks_hide_both_ways_in_every_count(gateway: Gateway, town: Town, shop: Shop) -> None:
    ada, troll = await shop.customer(), await shop.customer("troll@example.com")
    for actor, handle in ((ada, "ada"), (troll, "troll")):
        await town.person(handle, actor=actor)
    popular, post, product = await _talked_of(town, shop, ada, troll)
    variables = {"post": post, "product": product, "popular": town.id(popular)}
    everybody = _told(("ada", "troll"), {"count": 2, "stars": 3.0})
    assert await gateway.data(COUNTED, variables, as_=ada) == everybody
    await town.blocks(ada, troll)
    assert await gateway.data(COUNTED, variables, as_=ada) == _told(("ada",), {"count": 1, "stars": 5.0}, found=())
    alone = _told(("troll",), {"count": 1, "stars": 1.0})
    assert await gateway.data(COUNTED, variables, as_=troll) == alone
    assert await gateway.data(COUNTED, variables, as_=ANONYMOUS) == everybody


NEWS = "{ notifications { totalCount nodes { kind } } }"


async def test_of_what_is_hidden_nobody_is_told(gateway: Gateway, town: Town) -> None:
    ada, bo, troll = [await town.person(handle) for handle in ("ada", "bob", "troll")]
    post = await town.post(ada)
    comment = await town.comment(bo, post, "See, @troll")
    await town.reacts(troll, post)
    assert await gateway.data(NEWS, as_=ada) == _news("REACTION", "COMMENT")
    assert await gateway.data(NEWS, as_=troll) == _news("MENTION")
    await town.blocks(ada, troll)
    assert await gateway.data(NEWS, as_=ada) == _news("COMMENT")
    assert await gateway.data(NEWS, as_=troll) == _news(), "the post is of somebody who has blocked him"
    await town.moderates(comment)
    assert await gateway.data(NEWS, as_=ada) == _news()


def _news(*kinds: str) -> dict[str, Any]:
    return {"notifications": {"totalCount": len(kinds), "nodes": [{"kind": kind} for kind in kinds]}}


async def _talked_of(town: Town, shop: Shop, *people: Actor) -> tuple[Actor, str, str]:
    """Somebody whom these people follow, a post to which they say something, a product that they review."""
    popular, product = await town.person("popular"), await shop.product()
    post = await town.post(popular, "Hello @ada and @troll")
    for person, stars in zip(people, (5, 1), strict=True):
        await town.follows(person, popular)
        await town.comment(person, post)
        await town.reacts(person, post)
        await shop.order(person, Sold(product), status="shipped")
        await town.review(person, shop.id("Product", product), stars)
    return popular, post, shop.id("Product", product)


def _told(seen: tuple[str, ...], summary: dict[str, Any], found: tuple[str, ...] = ("troll",)) -> dict[str, Any]:
    """What `COUNTED` says to those who see these people."""
    authors = [{"author": {"handle": handle}} for handle in seen]
    handles = [{"handle": handle} for handle in seen]
    return {
        "post": {
            "comments": {"totalCount": len(seen), "nodes": authors},
            "reactions": [{"kind": "LIKE", "count": len(seen)}],
            "mentions": handles,
        },
        "product": {"reviews": {"totalCount": len(seen), "nodes": authors[::-1]}, "reviewSummary": summary},
        "profile": {"followers": {"totalCount": len(seen), "nodes": handles[::-1]}},
        "searchProfiles": {"totalCount": len(found), "nodes": [{"handle": handle} for handle in found]},
    }


FOLLOWS = "query ($id: ID!) { profile(id: $id) { followers { totalCount nodes { handle } } following { totalCount } } }"


@pytest.mark.parametrize(
    ("viewer", "counts"),
    [("nobody", (1, 1)), ("stranger", (1, 1)), ("insider", (2, 2)), ("shy", (2, 2)), ("open", (2, 2))],
)
async def test_whom_a_private_profile_follows_is_seen_by_its_followers(
    viewer: str, counts: tuple[int, int], gateway: Gateway, town: Town
) -> None:
    """And by the other end; so who follows a public profile is not told of whom nobody else may know it."""
    people = {name: await town.person(name, private=name == "shy") for name in ("stranger", "insider", "shy", "open")}
    for one, other in (("shy", "open"), ("insider", "open"), ("open", "shy"), ("insider", "shy"), ("open", "insider")):
        await town.follows(people[one], people[other])
    told = await gateway.data(FOLLOWS, {"id": town.id(people["open"])}, as_=people.get(viewer, ANONYMOUS))
    assert (told["profile"]["followers"]["totalCount"], told["profile"]["following"]["totalCount"]) == counts
    assert len(told["profile"]["followers"]["nodes"]) == counts[0]
