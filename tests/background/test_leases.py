"""One worker at a time, whatever becomes of the one that does it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from datasources.house.leases import Leases
from datasources.house.tables import LEASES
from datasources.sql import Database
from tests.server.command import ROOT

PATIENCE_S = 20
SOON_S = 0.8
"""What a lease lasts, where its end is what a test waits for."""


class Work:
    """Lasts until it is cancelled, and tells of it."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1
        self.begun.set()
        self.ended.clear()
        try:
            await asyncio.Event().wait()
        finally:
            self.begun.clear()
            self.ended.set()


@asynccontextmanager
async def held(leases: Leases, work: Work) -> AsyncIterator[None]:
    holding = asyncio.create_task(leases.holding({"work": work}))
    try:
        yield
    finally:
        holding.cancel()
        with suppress(asyncio.CancelledError):
            await holding


async def soon(event: asyncio.Event) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await event.wait()


async def test_of_many_who_ask_at_once_one_gets_it(house: Database) -> None:
    async with AsyncExitStack() as stack:
        others = [Database("house", house.url) for _ in range(4)]
        for database in others:
            stack.push_async_callback(database.close)
        for number in (1, 2, 3):
            asked = [Leases(database).take("work") for database in (house, *others) for _ in range(4)]
            assert sorted(filter(None, await asyncio.gather(*asked))) == [number]
            assert await Leases(house).take("other work") == number
            mine = {("work", number), ("other work", number)}
            assert await Leases(house).renew([*mine, ("work", number - 1), ("no work", number)]) == mine
            for name in ("work", "other work"):
                assert await Leases(house).release(name, number)
            assert not await Leases(house).release("work", number)


async def test_works_begin_again_after_a_bug(house: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(*_: object) -> None:
        monkeypatch.undo()
        raise RuntimeError("not an error of a source")

    monkeypatch.setattr(Leases, "renew", breaks)
    work = Work()
    with capture_logs() as logs:
        async with held(Leases(house, SOON_S), work):
            await soon(work.begun)
            await soon(work.ended)
            await soon(work.begun)
    assert work.times == 2
    assert [line["work"] for line in logs if line["event"] == "background work failed"] == ["leases"]


async def test_a_lease_that_is_not_renewed_ends_by_itself(house: Database) -> None:
    leases = Leases(house, SOON_S)
    assert await leases.take("work") == 1
    async with asyncio.timeout(PATIENCE_S):
        while (number := await leases.take("work")) is None:
            pass
    assert number == 2
    assert await leases.renew([("work", 1), ("work", 2)]) == {("work", 2)}
    assert not await leases.release("work", 1)


async def test_it_goes_to_another_when_the_house_of_its_holder_closes(house: Database) -> None:
    here, there = Work(), Work()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(held(Leases(house, 600), here))
        await soon(here.begun)
        async with held(Leases(house, 600), there):
            await stack.aclose()
            assert here.ended.is_set()
            await soon(there.begun)
    assert (here.times, there.times) == (1, 1)


async def test_who_leaves_while_it_takes_one_gives_it_back(house: Database) -> None:
    class Slow(Leases):
        async def take(self, name: str) -> int | None:
            number = await super().take(name)
            taken.set()
            await asyncio.sleep(0)
            return number

    taken, work = asyncio.Event(), Work()
    async with held(Slow(house, 600), work):
        await soon(taken)
    assert (await Leases(house).take("work"), work.times) == (2, 0)


async def test_work_stops_before_its_lease_ends_where_that_cannot_be_renewed(house: Database) -> None:
    work = Work()
    async with held(Leases(house, 2), work):
        await soon(work.begun)
        with capture_logs() as logged:
            async with house.transaction() as transaction:
                await transaction.write(sa.update(LEASES).values(holder="whose transaction does not end"))
                other = Database("house", house.url)
                await soon(work.ended)
                assert await Leases(other).take("work") is None, "the work went on after the end of its lease"
                await other.close()
        assert "lease lost" in [entry["event"] for entry in logged]
        await soon(work.begun)
        assert work.times == 2


async def test_work_that_fails_is_begun_again(house: Database) -> None:
    again = asyncio.Event()

    async def work() -> None:
        if failures():
            again.set()
        raise ZeroDivisionError

    def failures() -> list[str]:
        return [entry["work"] for entry in logged if entry["event"] == "background work failed"]

    with capture_logs() as logged:
        holding = asyncio.create_task(Leases(house).holding({"work": work}))
        await soon(again)
        holding.cancel()
        await asyncio.wait([holding])
    assert failures()[0] == "work"


async def test_another_goes_on_when_a_process_is_killed(house: Database) -> None:
    arguments = ("-m", "tests.background.holder", house.url, "work", str(SOON_S))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    async with asyncio.timeout(PATIENCE_S):
        assert await process.stdout.readline() == b"begun\n"
    work = Work()
    async with held(Leases(house), work):
        assert await Leases(house).take("work") is None
        process.kill()
        await soon(work.begun)
    await process.wait()
    assert await house.scalar(sa.select(LEASES.c.number)) == 2
