"""Whom the house signed out: kept once for all workers, each of which hears of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from datasources.actor import Actor
from datasources.house.revocations import KEPT_FOR, RevokedSubjects
from datasources.house.sources import HouseSources, open_house
from datasources.ids import uuid7
from datasources.settings import Settings, read
from gateway.identity import Tokens
from gateway.identity.reading import MAX_LIFE_S, SKEW_S
from tests.database_servers import HOUSE, Postgres, Sqlite
from tests.gateway.identity.forging import ADA, NOW, SECRET, refusal

BO = UUID(int=7)
REVOKED = "This token was revoked. Sign in again."
SECOND = timedelta(seconds=1)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def house(databases: Sqlite | Postgres, tmp_path: Path, clock: Clock) -> AsyncIterator[HouseSources]:
    async with (
        databases.fresh(HOUSE) as url,
        open_house(read(Settings, data=tmp_path, house_database_url=url), clock) as house,
    ):
        yield house


@pytest.fixture
def revoked(house: HouseSources) -> RevokedSubjects:
    return RevokedSubjects(house)


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens(SECRET, clock=clock)


async def test_tokens_of_before_are_refused_and_later_ones_hold(
    revoked: RevokedSubjects, tokens: Tokens, clock: Clock
) -> None:
    before, of_other = (tokens.issue(id, ["a"], ttl_s=600) for id in (ADA, BO))
    assert await tokens.actor_of(before) == Actor(ADA, frozenset({"a"}))
    clock.now += SECOND
    assert await revoked.revoke(ADA) == clock.now
    assert (await tokens.actor_of(before)).id == ADA, "which nobody has heard of yet"
    await tokens.revocations.refresh(revoked)
    assert await refusal(tokens, before) == REVOKED
    after = tokens.issue(ADA, ["a"], ttl_s=600)
    assert (await tokens.actor_of(after)).id == ADA
    assert (await tokens.actor_of(of_other)).id == BO
    assert await revoked.restore(ADA)
    assert not await revoked.restore(ADA)
    await tokens.revocations.refresh(revoked)
    assert (await tokens.actor_of(before)).id == ADA


async def test_a_later_moment_keeps_somebody_out_until_then_and_stays(
    revoked: RevokedSubjects, tokens: Tokens, clock: Clock
) -> None:
    until = NOW + timedelta(days=1)
    assert await revoked.revoke(ADA, until) == until
    assert await revoked.revoke(ADA) == until
    await tokens.revocations.refresh(revoked)
    assert await refusal(tokens, tokens.issue(ADA, [], ttl_s=600)) == REVOKED
    clock.now = until
    assert (await tokens.actor_of(tokens.issue(ADA, [], ttl_s=600))).id == ADA


async def test_what_comes_while_it_is_read_is_not_missed(revoked: RevokedSubjects, tokens: Tokens) -> None:
    """The number is read first: it may be too small for what was read, and never too great."""

    class Late(RevokedSubjects):
        async def number(self) -> int:
            number = await super().number()
            await revoked.revoke(BO)
            return number

    late = Late.__new__(Late)
    late.__dict__.update(vars(revoked))
    token = tokens.issue(BO, [], ttl_s=600, now=NOW - SECOND)
    await tokens.revocations.refresh(late)
    await tokens.revocations.refresh(revoked)
    assert await refusal(tokens, token) == REVOKED


async def test_many_at_once_are_all_kept_and_all_counted(revoked: RevokedSubjects) -> None:
    number = await revoked.number()
    ids = [uuid7(NOW) for _ in range(10)]
    await asyncio.gather(*(revoked.revoke(id) for id in (*ids, *ids)))
    assert await revoked.moments() == dict.fromkeys(ids, NOW)
    assert await revoked.number() == number + 20


async def test_those_older_than_any_token_are_forgotten(revoked: RevokedSubjects, clock: Clock) -> None:
    assert timedelta(seconds=MAX_LIFE_S + SKEW_S) < KEPT_FOR
    await revoked.revoke(ADA)
    clock.now += KEPT_FOR + SECOND
    await revoked.revoke(BO)
    assert await revoked.moments() == {BO: clock.now}
