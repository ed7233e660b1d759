"""The sample data holds what the rules of social promise, and is the same every time."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
import sqlalchemy as sa

from datasources.actor import Actor
from datasources.ids import uuid7
from datasources.pages import PageArguments
from datasources.settings import Settings, read
from datasources.social.feed import Place
from datasources.social.sample.fill import Outside, fill
from datasources.social.settings import SocialSettings
from datasources.social.sources import SocialSources, open_social
from datasources.social.stores import Social
from datasources.social.tables import BLOCKS, CONVERSATIONS, FOLLOWS, MESSAGES, METADATA, POSTS, PROFILES, REVIEWS
from datasources.table import Rows
from tests.commerce.shop import START, Clock
from tests.database_servers import SOCIAL, Postgres, Sqlite

PEOPLE = 60


def outside() -> Outside:
    random = Random(1)
    people = [uuid7(START, random.randbytes) for _ in range(PEOPLE)]
    products = [uuid7(START, random.randbytes) for _ in range(20)]
    return Outside(people, {people[0]: "ada"}, products, [(person, products[0]) for person in people[:30]])


@pytest.fixture
async def sources(database_url: str, tmp_path: Path) -> AsyncIterator[SocialSources]:
    own = read(SocialSettings, social_database_url=database_url, recommendations_url="http://127.0.0.1:9")
    async with open_social(read(Settings, data=tmp_path), own, Clock()) as sources:
        assert await fill(sources, outside()) is True
        yield sources


async def rows_of(sources: SocialSources, table: sa.Table) -> Rows:
    return await sources.database.rows(sa.select(table).order_by(*table.primary_key))


async def test_it_keeps_the_rules(sources: SocialSources) -> None:
    follows = {(row.follower_id, row.followed_id) for row in await rows_of(sources, FOLLOWS)}
    for block in await rows_of(sources, BLOCKS):
        assert not follows & {(block.blocker_id, block.blocked_id), (block.blocked_id, block.blocker_id)}
    messages: dict[UUID, list[int]] = {}
    for message in await rows_of(sources, MESSAGES):
        messages.setdefault(message.conversation_id, []).append(message.number)
    conversations = await rows_of(sources, CONVERSATIONS)
    assert {row.id: list(range(1, row.messages + 1)) for row in conversations} == {
        id: sorted(numbers) for id, numbers in messages.items()
    }
    assert {(row.author_id, row.product_id) for row in await rows_of(sources, REVIEWS)} == set(outside().bought)
    assert {row.handle for row in await rows_of(sources, PROFILES)} >= {"ada"}
    assert await fill(sources, outside()) is False, "it is not empty any more"
    assert len(await rows_of(sources, POSTS)) == 10 * PEOPLE


async def test_the_first_person_has_a_feed_and_friends(sources: SocialSources) -> None:
    me = outside().people[0]
    social = Social(sources, Actor(me))
    page = await social.feed.page(Place.first(START, ()), PageArguments(20))
    assert len(page.nodes) == 20
    assert len((await social.messages.conversations(["all"], PageArguments(20)))["everything"].nodes) >= 5
    assert (await social.profiles.follower_counts([me]))[me] > PEOPLE / 4


async def test_it_is_the_same_every_time(sources: SocialSources, databases: Sqlite | Postgres, tmp_path: Path) -> None:
    async with databases.fresh(SOCIAL) as url:
        own = read(SocialSettings, social_database_url=url, recommendations_url="http://127.0.0.1:9")
        async with open_social(read(Settings, data=tmp_path), own, Clock()) as again:
            await fill(again, outside())
            for table in METADATA.sorted_tables:
                assert await rows_of(again, table) == await rows_of(sources, table), table.name
