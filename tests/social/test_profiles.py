"""Profiles and follows: what each wish leads to, also when two come at once."""

import asyncio
from typing import Any

from datasources.actor import Actor
from datasources.ids import uuid7
from datasources.social.tables import BLOCKS, EVENTS, FOLLOWS, NOTIFICATIONS, PROFILES
from tests.gateway_client import Gateway
from tests.social.town import Town

STATE = "query ($id: ID!) { profile(id: $id) { followState followers { totalCount } } }"
REQUESTS = "{ followRequests { totalCount nodes { handle } } }"
NEWS = "{ notifications { nodes { kind actor { handle } readAt } } }"


async def wish(town: Town, mutation: str, one: Actor, other: Actor) -> Any:
    """The code of its problem, or the state of the follow that it leads to."""
    values = {"profileId": town.id(other)}
    answer = await town.does(mutation, "OtherProfileInput", "profile { followState }", values, as_=one)
    return answer["problem"]["code"] if answer["problem"] else answer["profile"]["followState"]


async def test_a_profile_is_made_once_and_handles_are_of_one(gateway: Gateway, town: Town) -> None:
    ada = await town.person("ada")
    values = {"handle": "Ada_King", "name": "Ada"}
    again = await town.does("createProfile", "CreateProfileInput", "profile { handle }", values, as_=ada)
    assert again == {"profile": {"handle": "ada"}, "problem": None}
    taken = {"handle": " ADA ", "name": "Another"}
    bo = Actor(uuid7(town.clock()))
    refused = await town.does("createProfile", "CreateProfileInput", "profile { handle }", taken, as_=bo)
    assert refused["problem"]["code"] == "SOCIAL_HANDLE_TAKEN"
    assert await town.count(PROFILES) == 1
    for handle in ("ab", "a b", "ä_b", "a" * 31, "_ada", ""):
        refused = await town.does("changeProfile", "ChangeProfileInput", "profile { id }", {"handle": handle}, as_=ada)
        assert refused["problem"]["code"] == "INVALID_INPUT", handle
    changed = {"handle": "countess", "bio": "Numbers.\nAnd notes."}
    await town.does("changeProfile", "ChangeProfileInput", "profile { id }", changed, as_=ada)
    found = '{ profileByHandle(handle: "@Countess") { handle bio } searchProfiles(text: "numb") { totalCount } }'
    assert await gateway.data(found) == {
        "profileByHandle": {"handle": "countess", "bio": "Numbers.\nAnd notes."},
        "searchProfiles": {"totalCount": 1},
    }
    without = await town.does("follow", "OtherProfileInput", "profile { id }", {"profileId": town.id(ada)}, as_=bo)
    assert without["problem"]["code"] == "SOCIAL_NO_PROFILE"


async def test_a_private_profile_lets_in_whom_it_wants(gateway: Gateway, town: Town) -> None:
    shy, ada, bo = await town.person("shy", private=True), await town.person("ada"), await town.person("bob")
    assert await wish(town, "follow", ada, shy) == "REQUESTED"
    assert await wish(town, "follow", ada, shy) == "REQUESTED"
    assert await wish(town, "follow", bo, shy) == "REQUESTED"
    assert (await gateway.data(REQUESTS, as_=shy))["followRequests"]["totalCount"] == 2
    assert await wish(town, "acceptFollower", shy, ada) == "NONE", "she does not follow her back"
    assert await wish(town, "acceptFollower", shy, ada) == "NOT_FOUND"
    assert await wish(town, "removeFollower", shy, bo) == "NONE"
    asked = {"id": town.id(shy)}
    assert await gateway.data(STATE, asked, as_=ada) == {
        "profile": {"followState": "FOLLOWING", "followers": {"totalCount": 1}}
    }
    assert await gateway.data(STATE, asked, as_=bo) == {
        "profile": {"followState": "NONE", "followers": {"totalCount": 0}}
    }
    assert await _kinds(gateway, shy) == [("FOLLOW_REQUEST", "ada")], "what is taken back, nobody need know"
    assert await _kinds(gateway, ada) == [("FOLLOW_ACCEPTED", "shy")]
    assert await wish(town, "follow", bo, shy) == "REQUESTED"
    await town.does("changeProfile", "ChangeProfileInput", "profile { id }", {"private": False}, as_=shy)
    assert (await gateway.data(STATE, asked, as_=bo))["profile"]["followState"] == "FOLLOWING"
    assert await wish(town, "unfollow", ada, shy) == "NONE"
    assert await _kinds(gateway, ada) == []


async def test_whoever_is_blocked_finds_nobody(gateway: Gateway, town: Town) -> None:
    ada, troll = await town.person("ada"), await town.person("troll")
    await town.follows(troll, ada)
    await town.follows(ada, troll)
    await town.blocks(ada, troll)
    assert await town.count(FOLLOWS) == 0
    for mutation, one, other in (("follow", troll, ada), ("follow", ada, troll), ("unfollow", troll, ada)):
        assert await wish(town, mutation, one, other) == "NOT_FOUND"
    mine = await gateway.data("{ blockedProfiles { totalCount nodes { handle } } }", as_=ada)
    assert mine == {"blockedProfiles": {"totalCount": 1, "nodes": [{"handle": "troll"}]}}
    assert await gateway.data("{ blockedProfiles { totalCount } }", as_=troll) == {"blockedProfiles": {"totalCount": 0}}
    await town.blocks(troll, ada)
    for one in (ada, troll):
        blocked = await gateway.data("{ blockedProfiles { totalCount nodes { handle } } }", as_=one)
        assert blocked == {"blockedProfiles": {"totalCount": 0, "nodes": []}}, "no way to see who has blocked one"
    await wish(town, "unblockProfile", troll, ada)
    assert await wish(town, "unblockProfile", ada, troll) == "NONE"
    assert await wish(town, "follow", troll, ada) == "FOLLOWING"
    assert await town.count(BLOCKS) == 0


async def test_two_who_follow_at_once_follow_once(town: Town) -> None:
    ada, bo = await town.person("ada"), await town.person("bob")
    both = [(ada, bo), (bo, ada)] * 4
    states = await asyncio.gather(*(wish(town, "follow", one, other) for one, other in both))
    assert set(states) == {"FOLLOWING"}
    assert (await town.count(FOLLOWS), await town.count(NOTIFICATIONS)) == (2, 2)
    assert await town.count(EVENTS, EVENTS.c.type == "follow.began") == 2


async def test_a_block_and_a_follow_at_once_leave_no_follow(town: Town) -> None:
    people = [await town.person(f"person{number}") for number in range(8)]
    pairs = list(zip(people[::2], people[1::2], strict=True))
    wishes = [
        wish(town, mutation, *pair)
        for one, other in pairs
        for mutation, pair in (("follow", (one, other)), ("blockProfile", (other, one)), ("follow", (other, one)))
    ]
    assert set(await asyncio.gather(*wishes)) <= {"FOLLOWING", "NOT_FOUND", "NONE"}
    assert (await town.count(FOLLOWS), await town.count(BLOCKS)) == (0, len(pairs))


async def _kinds(gateway: Gateway, actor: Actor) -> list[tuple[str, str]]:
    told = (await gateway.data(NEWS, as_=actor))["notifications"]["nodes"]
    return [(one["kind"], one["actor"]["handle"]) for one in told]
