"""A graph of two types that does as the tests tell it, since the gateway knows no domain."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from enum import Enum
from types import MappingProxyType
from typing import Any, NewType

import strawberry
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from strawberry.schema.config import StrawberryConfig

from datasources.actor import Actor
from datasources.errors import InvalidInput
from datasources.ids import utc_now
from gateway.app import Graph, application
from gateway.draining import Draining
from gateway.explorer import Explorer
from gateway.health import Check
from gateway.identity import Tokens
from gateway.limits import DEFAULT, Limits
from gateway.persisted import Persisted
from loaders.batch import LoaderSet, value_by
from resolvers.context import Context
from schema import access
from schema.fields import edge
from schema.sharing import UNSHARED

SECRET = "4711-mother's-maiden-name"
TOKENS = Tokens(b"a secret of the tests that is long enough")


class Script:
    """What the graph's parts do: `work` is awaited by slow fields and by `write`."""

    def __init__(self) -> None:
        self.work: Callable[[], Awaitable[Any]] = Held()
        self.batches: list[Sequence[str]] = []
        self.contexts: list[Context] = []
        self.closed = asyncio.Event()
        """Set when the context of an operation has been."""
        self.written: list[str] = []
        self.feeds: defaultdict[str, Feed] = defaultdict(Feed)


class Feed:
    """What a subscription is told: words as they are put here, an exception to raise, or None to end."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        self.began = asyncio.Event()
        self.ended = asyncio.Event()

    def put(self, *events: str | Exception | None) -> None:
        for event in events:
            self.events.put_nowait(event)

    async def told(self) -> AsyncGenerator[str, None]:
        self.began.set()
        try:
            while event := await self.events.get():
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.ended.set()


class Held:
    """Work that lasts until `let_go`; `began` and `cancelled` tell what happened to it."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.let_go = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def __call__(self) -> None:
        self.began.set()
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


class Stores:
    def __init__(self, script: Script, actor: Actor) -> None:
        self.script = script

    async def words(self, keys: Sequence[str]) -> dict[str, str]:
        self.script.batches.append(keys)
        if "boom" in keys:
            raise RuntimeError(SECRET)
        await asyncio.sleep(0)
        return {key: key.upper() for key in keys}


class ExampleLoaders(LoaderSet):
    domain = "example"
    stores = Stores
    word = value_by(lambda stores: stores.words)


def _broken(_: object) -> str:
    raise RuntimeError(SECRET)


Broken = NewType("Broken", str)
SCALARS: dict[object, Any] = {
    Broken: strawberry.scalar(name="Broken", serialize=_broken, parse_value=_broken),
}


@strawberry.enum
class Colour(Enum):
    RED = "red"


@strawberry.type
class Pair:
    key: str
    x: str = edge(ExampleLoaders.word, key="key")

    @strawberry.field
    async def bad(self) -> str:
        raise InvalidInput("bad", "This is bad.")

    @strawberry.field
    async def twin(self) -> "Pair | None":
        return Pair(key=self.key * 2)

    @strawberry.field
    async def slow(self, info: strawberry.Info) -> str | None:
        await info.context.of(Stores).script.work()
        return "done"


async def _own(info: strawberry.Info) -> str | None:
    await info.context.of(Stores).script.work()
    return "done"


@strawberry.type(directives=[UNSHARED])
class Die:
    eyes: int


@strawberry.type
class Query:
    own: str | None = access.field(access.PUBLIC, "Worked out for each who asks.", shared=False)(_own)

    @strawberry.field
    async def die(self, info: strawberry.Info) -> Die | None:
        await info.context.of(Stores).script.work()
        return Die(eyes=6)

    @strawberry.field
    async def a(self) -> Pair | None:
        return Pair(key="x")

    @strawberry.field
    async def b(self) -> Pair | None:
        return Pair(key="x")

    @strawberry.field
    async def pairs(self, keys: list[str]) -> list[Pair | None]:
        return [Pair(key=key) for key in keys]

    @strawberry.field
    async def sure_pairs(self, keys: list[str]) -> list[Pair] | None:
        nobody: Any = None
        return [nobody if key == "nobody" else Pair(key=key) for key in keys]

    @strawberry.field
    async def slow(self, info: strawberry.Info) -> str | None:
        await info.context.of(Stores).script.work()
        return "done"

    @strawberry.field
    async def raises_async(self) -> str | None:
        password = SECRET
        raise RuntimeError(f"cannot log in with {password}")

    @strawberry.field
    def raises_sync(self) -> str | None:
        raise KeyError(SECRET)

    @strawberry.field
    async def broken_scalar(self) -> Broken | None:
        return Broken(SECRET)

    @strawberry.field
    async def paint(self, colour: Colour) -> Colour | None:
        return colour

    @strawberry.field
    async def broken_enum(self) -> Colour | None:
        wrong: Any = SECRET
        return wrong  # type: ignore[no-any-return] # that is the point

    @strawberry.field
    async def null_instead(self) -> str:
        nothing: Any = None
        return nothing  # type: ignore[no-any-return] # that is the point

    @strawberry.field
    async def takes(self, broken: Broken | None = None, number: int = 0) -> int | None:
        return number


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def write(self, info: strawberry.Info, word: str) -> str | None:
        script = info.context.of(Stores).script
        await script.work()
        script.written.append(word)
        return word

    @strawberry.mutation
    async def make(self, info: strawberry.Info, key: str) -> Pair | None:
        script = info.context.of(Stores).script
        await script.work()
        script.written.append(key)
        return Pair(key=key)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def told(self, info: strawberry.Info, feed: str = "") -> AsyncGenerator[str, None]:
        async with aclosing(info.context.of(Stores).script.feeds[feed].told()) as words:
            async for word in words:
                yield word

    @strawberry.subscription
    async def count(self, to: int) -> AsyncGenerator[int, None]:
        for number in range(1, to + 1):
            yield number


CONFIG = StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=True)
SCHEMA = strawberry.Schema(Query, Mutation, Subscription, config=CONFIG)


def example(
    script: Script,
    *,
    operation_timeout_s: float = 10.0,
    max_body_bytes: int = 100_000,
    explains: bool = False,
    explorer: Explorer | None = None,
    checks: Mapping[str, Check] = MappingProxyType({}),
    limits: Limits = DEFAULT,
    trusted_proxies: Sequence[str] = (),
    persisted: Persisted | None = None,
    cors_origins: Sequence[str] = (),
    routes: Sequence[BaseRoute] = (),
    tokens: Tokens = TOKENS,
    draining: Draining | None = None,
    alone: bool = True,
    secret: bytes | None = None,
) -> Starlette:
    @contextmanager
    def open_context(actor: Actor) -> Iterator[Context]:
        context = Context(actor, {Stores: script}, utc_now)
        script.contexts.append(context)
        try:
            yield context
        finally:
            context.loaders.close()
            script.closed.set()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield

    return application(
        Graph(SCHEMA._schema, open_context, lambda: checks, routes, persisted),
        tokens,
        planned=True,
        explains=explains,
        operation_timeout_s=operation_timeout_s,
        max_body_bytes=max_body_bytes,
        cors_origins=cors_origins,
        explorer=explorer,
        limits=limits,
        trusted_proxies=trusted_proxies,
        draining=draining,
        alone=alone,
        secret=secret,
        lifespan=lifespan,
    )
