"""Whoever follows a log gets every event of its topic once, in order, however slow it is and whatever breaks."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from datasources.deadline import deadline, remaining_s
from datasources.events import Chunk, Cursor, Event, Position, Tail, Topic, Wakes
from datasources.events import tail as following_module
from datasources.events.journal import START
from datasources.events.tail import TOPICS_KEPT
from tests.events.conftest import HAPPENED, NOBODY, PATIENCE_S, Log, followed, numbers

ADA, BO, CY = (UUID(int=number) for number in (1, 2, 3))


async def test_only_those_of_the_topic_are_told(log: Log, tail: Tail) -> None:
    asked = Topic(HAPPENED.types, frozenset({ADA}))
    following = asyncio.create_task(followed(tail, 3, topic=asked))
    await asyncio.sleep(0)
    await log.write(ADA)
    await log.write(BO)
    await log.write(BO, owner=ADA)
    await log.write(CY, owner=BO)
    await log.write(ADA, owner=BO)
    assert numbers(await following) == [0, 2, 4]
    assert await log.journal.head() == (await followed(tail, 5))[-1].position


async def test_values_of_the_data_are_picked(log: Log, tail: Tail) -> None:
    for _ in range(4):
        await log.write(ADA)
    assert numbers(await followed(tail, 1, topic=Topic(HAPPENED.types, None, (("number", 2),)))) == [2]


async def test_who_is_overtaken_reads_from_the_log(log: Log, tail: Tail, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chunks in memory are bounded, and still nothing is lost for a reader that stands still."""
    monkeypatch.setattr(following_module, "KEPT", 20)
    async with asyncio.timeout(PATIENCE_S), aclosing(tail.follow(START, HAPPENED)) as slow:
        await log.write()
        found = numbers((await anext(slow))[1])
        for _ in range(60):
            await log.write()
        assert numbers(await followed(tail, 61)) == list(range(61))
        assert sum(len(chunk.events) for chunk in tail._chunks) <= 20
        while len(found) < 61:
            found += numbers((await anext(slow))[1])
    assert found == list(range(61))


async def test_nobody_who_left_is_remembered(log: Log, tail: Tail) -> None:
    for topic in (HAPPENED, Topic(HAPPENED.types, frozenset({ADA, BO}))):
        waiting = asyncio.create_task(followed(tail, 1, topic=topic))
        async with asyncio.timeout(PATIENCE_S):
            while not tail._waiting:  # noqa: ASYNC110 # nothing tells that somebody waits
                await asyncio.sleep(0.001)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert tail._waiting == {}


async def test_without_any_wake_events_come_all_the_same(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following_module, "POLL_S", 0.05)
    deaf = log.tail(Wakes())
    try:
        following = asyncio.create_task(followed(deaf, 2))
        await log.write()
        await log.write()
        assert numbers(await following) == [0, 1]
    finally:
        await deaf.close()


def test_a_chunk_keeps_nothing_for_topics_without_end() -> None:
    """Anybody can think of a topic, such as another hundred products; chunks stay for thousands of events."""
    at = datetime(2030, 1, 1, tzinfo=UTC)
    event = Event(Position(0, 1), Cursor(""), "thing.happened", NOBODY, None, {}, None, at)
    chunk = Chunk([event])
    for number in range(1, 1_000):
        assert chunk.picked(Topic(HAPPENED.types, frozenset({UUID(int=number)}))) == ()
        assert chunk.picked(Topic(HAPPENED.types, frozenset({NOBODY, UUID(int=number)}))) == (event,)
    assert len(chunk._picked) <= TOPICS_KEPT


async def test_who_begins_while_others_write_need_not_wait_for_them(log: Log, tail: Tail) -> None:
    if log.database.dialect == "sqlite":
        pytest.skip("SQLite has one writer, and shows nothing of it")
    await log.write()
    async with log.database.transaction() as late:
        await log.append(late)
        await log.write()
        (first,) = await followed(tail, 1)
        assert numbers([first]) == [0]
    assert numbers(await followed(tail, 2, first.position)) == [1, 2]


async def test_it_follows_on_when_the_time_of_who_began_is_over(log: Log, tail: Tail) -> None:
    with deadline(0.2):
        await tail.end()
        await asyncio.sleep(0.2)
        assert not remaining_s(at_most=1)
    await log.write()
    assert numbers(await followed(tail, 1)) == [0]


async def test_following_goes_on_after_a_bug(log: Log, tail: Tail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following_module, "POLL_S", 0.05)
    await log.write()
    await followed(tail, 1)
    after = tail.journal.after
    failures = iter((RuntimeError("a bug"), RuntimeError("another one")))

    async def failing(*arguments: Any) -> Any:
        for failure in failures:
            raise failure
        return await after(*arguments)

    monkeypatch.setattr(tail.journal, "after", failing)
    following = asyncio.create_task(followed(tail, 2))
    await log.write()
    assert numbers(await following) == [0, 1]
