"""What subscribers are told of an event is made once for all whom nothing in it tells apart, and never for another."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest

from datasources.actor import ANONYMOUS, Actor
from datasources.errors import Forbidden
from gateway import hydration as hydration_module
from gateway.hydration import FRESH_S, Hydration
from gateway.page import Page

READER, WRITER = "things:read", "things:write"


def person(id: int, *scopes: str) -> Actor:
    return Actor(UUID(int=id), frozenset(scopes))


class Desk:
    """Does the work by what `look` finds out of the actor; `done` has whom it was done for."""

    def __init__(self, look: Callable[[Actor], object]) -> None:
        self.now = 0.0
        self.hydration = Hydration(lambda: self.now)
        self.done: list[object] = []
        self._look = look

    async def ask(self, actor: Actor, events: str = "events") -> Page:
        async def work(asking: Actor) -> Page:
            await asyncio.sleep(0)
            seen = self._look(asking)
            self.done.append(seen)
            return Page([str(seen).encode()])

        return await self.hydration.once(events, "question", actor, work)


def by_scope(actor: Actor) -> object:
    return actor.may(READER)


def own_or_all(actor: Actor) -> object:
    """As policies do: the id is asked for only where no scope shows everything."""
    return "all" if actor.may(READER) else actor.id


async def test_it_is_done_once_for_all_who_may_the_same() -> None:
    desk = Desk(by_scope)
    readers = [person(number, READER) for number in range(10)]
    strangers = [person(number) for number in range(10, 15)] + [ANONYMOUS]
    answers = await asyncio.gather(*map(desk.ask, [*readers, *strangers]))
    assert answers == [(b"True",)] * 10 + [(b"False",)] * 6
    assert sorted(map(str, desk.done)) == ["False", "False", "True"], "nobody is apart from somebody"


async def test_what_depends_on_who_asks_is_done_for_each() -> None:
    desk = Desk(own_or_all)
    people = [person(number) for number in range(3)]
    staff = [person(number, READER) for number in range(3, 6)]
    for _ in range(2):  # the second time it is known that they need not wait for each other
        answers = await asyncio.gather(*map(desk.ask, [*people, *staff, *people]))
        assert answers == [(str(one.id).encode(),) for one in people] + [(b"all",)] * 3 + [
            (str(one.id).encode(),) for one in people
        ]
    assert set(desk.done) == {*(one.id for one in people), "all"}
    assert desk.done.count("all") == 1, "those are told apart by their scopes"


async def test_other_events_are_another_question() -> None:
    desk = Desk(by_scope)
    assert await desk.ask(ANONYMOUS, "first") == await desk.ask(ANONYMOUS, "second")
    assert len(desk.done) == 2


async def test_who_fails_or_leaves_takes_nobody_along() -> None:
    tried: list[UUID | None] = []
    began = asyncio.Event()
    hydration = Hydration()

    async def work(actor: Actor) -> Page:
        tried.append(actor.id)
        began.set()
        if len(tried) == 1:
            await asyncio.Event().wait()
        if len(tried) == 2:
            raise Forbidden(READER)
        return Page([b"done"])

    def ask(number: int) -> "asyncio.Task[Page]":
        return asyncio.create_task(hydration.once("events", "question", person(number), work))

    first = ask(1)
    await began.wait()
    second, third, fourth = ask(2), ask(3), ask(4)
    await asyncio.sleep(0)
    first.cancel()
    results = await asyncio.gather(second, third, fourth, return_exceptions=True)
    assert sorted(map(repr, results)) == sorted(["(b'done',)", "(b'done',)", repr(Forbidden(READER))])


async def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hydration_module, "KEPT_BYTES", 10)
    monkeypatch.setattr(hydration_module, "EVENT_BYTES", 0)
    desk = Desk(by_scope)
    for number in range(20):
        await desk.ask(ANONYMOUS, f"event {number}")
    assert await desk.ask(ANONYMOUS, "event 19") == (b"False",)
    assert len(desk.done) == 20
    await desk.ask(ANONYMOUS, "event 0")
    assert len(desk.done) == 21


async def test_an_answer_is_told_to_others_for_moments_alone() -> None:
    """Who comes later with an old cursor sees records as they are by then: one may have been erased."""
    desk = Desk(by_scope)
    await desk.ask(ANONYMOUS)
    desk.now = FRESH_S - 0.01
    assert desk.hydration.made("events", "question", ANONYMOUS)
    desk.now = FRESH_S
    assert not desk.hydration.made("events", "question", ANONYMOUS)
    for _ in range(2):
        await desk.ask(ANONYMOUS)
    assert len(desk.done) == 2, "and then it is shared again"


async def test_all_that_an_actor_is_asked_counts() -> None:
    """Whoever would have answered anything else gets nothing of it."""
    looks: list[Callable[[Actor], object]] = [
        lambda actor: actor.id,
        lambda actor: sorted(actor.scopes),
        lambda actor: actor.may(READER),
        lambda actor: actor.signed_in,
    ]
    for look in looks:
        desk = Desk(look)
        answers = [
            await desk.ask(person(1, READER)),
            await desk.ask(person(2, WRITER)),
            await desk.ask(person(3, READER)),
        ]
        expected = [str(look(one)).encode() for one in (person(1, READER), person(2, WRITER), person(3, READER))]
        assert answers == [(one,) for one in expected]
