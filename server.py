"""Heddle: composes settings, sources, graph and HTTP, and is the command line."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

from starlette.applications import Starlette

from datasources.actor import Actor
from datasources.ids import Clock, utc_now
from datasources.settings import Settings, SettingsPart, read
from gateway.app import Graph, application
from gateway.identity import Tokens
from gateway.logs import configure_logs
from resolvers.context import Context
from schema.graph import DOMAINS, build


class House:
    """Everything put together: `app` serves it, and opens the sources of each domain when it starts.

    `own` are the domains' settings by the name of the domain.
    """

    def __init__(self, settings: Settings, own: Mapping[str, SettingsPart], clock: Clock = utc_now) -> None:
        self.settings = settings
        self.sources: dict[type, Any] = {}
        self.tokens = Tokens(settings.token_secret.get_secret_value().encode(), clock=clock)
        self._own = own
        self._clock = clock
        self.app = application(
            Graph(build()._schema, self.open_context, self._checks),
            self.tokens,
            operation_timeout_s=settings.operation_timeout_s,
            max_body_bytes=settings.max_body_bytes,
            lifespan=self._open,
        )

    @contextmanager
    def open_context(self, actor: Actor) -> Iterator[Context]:
        context = Context(actor, self.sources, self._clock)
        try:
            yield context
        finally:
            context.loaders.close()

    @asynccontextmanager
    async def _open(self, _: Starlette) -> AsyncIterator[None]:
        self.settings.data.mkdir(parents=True, exist_ok=True)
        async with AsyncExitStack() as stack:
            for domain in DOMAINS:
                opened = domain.open(self.settings, self._own[domain.name], self._clock)
                self.sources[domain.stores] = await stack.enter_async_context(opened)
            yield

    def _checks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        return {name: check for opened in self.sources.values() for name, check in opened.checks().items()}


def app() -> Starlette:
    """For uvicorn's workers: the house as the environment says."""
    configure_logs()
    return House(read(Settings), {domain.name: read(domain.settings) for domain in DOMAINS}).app
