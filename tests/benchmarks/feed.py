"""What a page of the feed takes, by how many are followed and how many posts there are, without a network."""

import statistics
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.ids import utc_now, uuid7
from datasources.pages import PageArguments
from datasources.settings import Settings, read
from datasources.social.feed import Place
from datasources.social.settings import SocialSettings
from datasources.social.sources import SocialSources, open_social
from datasources.social.stores import Social
from datasources.social.tables import FOLLOWS, POSTS, PROFILES
from tests.benchmarks.report import Row

FOLLOWED = (10, 100, 1_000)
POSTS_IN_ALL = (10_000, 100_000)
PEOPLE = 2_000
RECOMMENDED = 10
PAGES = 3
TIMES = 30
_AT_ONCE = 5_000


async def growth(data: Path) -> list[Row]:
    """The first page of 20, and the third: how long the processor is at it."""
    rows: list[Row] = []
    for posts in POSTS_IN_ALL:
        url = f"sqlite:///{data / f'feed-{posts}.db'}"
        own = read(SocialSettings, social_database_url=url, recommendations_url="http://127.0.0.1:9")
        async with open_social(read(Settings, data=data), own) as sources:
            people = await _fill(sources, posts)
            rows += [await _measured(sources, people, posts, followed) for followed in FOLLOWED]
    return rows


async def _measured(sources: SocialSources, people: Sequence[UUID], posts: int, followed: int) -> Row:
    feed = Social(sources, Actor(people[FOLLOWED.index(followed)])).feed
    asked = PageArguments(20)
    places = [Place.first(utc_now(), people[-RECOMMENDED:])]
    while len(places) < PAGES:
        page = await feed.page(places[-1], asked)
        places.append(feed.place(str(page.page_info.end_cursor)))
    row: Row = {"posts": posts, "followed": followed}
    for name, place in (("first page, CPU ms", places[0]), ("third page, CPU ms", places[-1])):
        took = []
        for _ in range(TIMES):
            started = time.process_time()
            await feed.page(place, asked)
            took.append(time.process_time() - started)
        row[name] = 1000 * statistics.median(took)
    return row


async def _fill(sources: SocialSources, posts: int) -> Sequence[UUID]:
    """People, of whom the first few follow so many of the others, and their posts of half a year."""
    random, now = Random(7), utc_now()
    people = [uuid7(now, random.randbytes) for _ in range(PEOPLE)]
    profiles = [
        {"id": id, "handle": f"person{n}", "name": "A", "bio": "", "private": False, "created_at": now}
        for n, id in enumerate(people)
    ]
    follows = [
        {"id": uuid7(now, random.randbytes), "follower_id": reader, "followed_id": one, "accepted": True, "at": now}
        for reader, followed in zip(people, FOLLOWED, strict=False)
        for one in random.sample(people[len(FOLLOWED) : -RECOMMENDED], followed)
    ]
    written = [_post(random, now, people) for _ in range(posts)]

    def write(connection: sa.Connection) -> None:
        for table, rows in ((PROFILES, profiles), (FOLLOWS, follows), (POSTS, written)):
            for start in range(0, len(rows), _AT_ONCE):
                connection.execute(sa.insert(table), rows[start : start + _AT_ONCE])
        connection.exec_driver_sql("ANALYZE")

    await sources.database.in_one_thread(write)
    return people


def _post(random: Random, now: datetime, people: Sequence[UUID]) -> dict[str, object]:
    at = now - timedelta(seconds=random.randrange(180 * 86_400))
    said = {"author_id": random.choice(people), "text": "Something about a kettle", "visibility": "public"}
    return {"id": uuid7(at, random.randbytes), "created_at": at, **said}
