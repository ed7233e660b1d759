"""The house: settings, sources, graph and HTTP put together."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import Any

from starlette.applications import Starlette

from datasources.actor import Actor
from datasources.errors import SourceError
from datasources.house.documents import RegisteredDocuments
from datasources.house.leases import Leases, Work
from datasources.house.revocations import RevokedSubjects
from datasources.house.sources import HouseSources, open_house
from datasources.ids import Clock, utc_now
from datasources.settings import Settings, SettingsPart, read, variable
from datasources.settings_check import check
from gateway import logs, metrics, people, processes, sdl, traces
from gateway.app import Graph, application
from gateway.draining import Draining
from gateway.explorer import Explorer, explorer
from gateway.identity import Tokens
from gateway.later import flush
from gateway.limits import Limits
from gateway.persisted import Persisted
from gateway.processes import CannotStart
from resolvers.background import Background, repeat, running
from resolvers.consumers import consume
from resolvers.context import Context
from schema.graph import DOMAINS, build

PARTS: Sequence[type[SettingsPart]] = (Settings, *(domain.settings for domain in DOMAINS))
SAMPLES = [(domain, domain.sample) for domain in DOMAINS if domain.sample]
DOSSIERS = {domain.name: domain.dossier for domain in DOMAINS if domain.dossier}
LEARN_EVERY_S = 2.0
"""How long it takes until workers know of changes in the database of the house."""
DRAIN_S = 5.0
"""Load balancers that ask every two seconds have noticed twice."""

Own = Mapping[str, SettingsPart]


class House:
    """Everything put together: `app` serves it, and opens the sources of each domain when it starts.

    `own` are the domains' settings by the name of the domain.
    """

    def __init__(self, settings: Settings, own: Own, clock: Clock = utc_now) -> None:
        self.settings = settings
        self.sources: dict[type, Any] = {}
        self.tokens = Tokens.configured(settings, clock)
        self._own = own
        self._clock = clock
        self.draining = Draining(drain_s_of(settings))
        self._persisted = Persisted(settings.documents or ("automatic" if settings.env == "development" else "any"))
        limits = limits_of(settings)
        in_development = settings.env == "development"
        graph = build()
        self.app = application(
            Graph(
                graph._schema,
                self.open_context,
                self._checks,
                [
                    *metrics.routes(settings.metrics_token, public=in_development),
                    *sdl.routes(lambda: f"{graph.as_str()}\n", shown=limits.introspection),
                    *(people.routes(self.people, self.tokens) if in_development else ()),
                    *(route for domain in DOMAINS for route in domain.routes(self.open_context)),
                ],
                self._persisted,
            ),
            self.tokens,
            planned=settings.executor == "plan",
            explains=in_development,
            operation_timeout_s=settings.operation_timeout_s,
            max_body_bytes=settings.max_body_bytes,
            cors_origins=settings.cors_origins,
            explorer=_explorer(in_development) if limits.introspection else None,
            limits=limits,
            trusted_proxies=settings.trusted_proxies,
            draining=self.draining,
            alone=settings.workers == 1,
            secret=settings.cursor_secret.get_secret_value().encode(),
            lifespan=self._open,
        )

    def open_context(self, actor: Actor) -> Context:
        return Context(actor, self.sources, self._clock, DOSSIERS)

    @asynccontextmanager
    async def _open(self, _: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.callback(flush)
            stack.push_async_callback(traces.stop)
            stack.push_async_callback(self.tokens.close)
            sources = await stack.enter_async_context(opened(self.settings, self._own, self._clock))
            self.sources.update(sources)
            self.sources[RevokedSubjects] = sources[HouseSources]
            registered = RegisteredDocuments(sources[HouseSources])
            revoked = RevokedSubjects(sources[HouseSources])
            await self._persisted.refresh(registered)
            revocations = self.tokens.revocations
            await revocations.refresh(revoked)
            learning = [
                Background("learning of documents", LEARN_EVERY_S, lambda _: self._persisted.refresh(registered)),
                Background("learning of revocations", LEARN_EVERY_S, lambda _: revocations.refresh(revoked)),
            ]
            everywhere = [repeat(work, self.open_context) for work in learning]
            leases = Leases(sources[HouseSources].database)
            async with running([*everywhere, leases.holding(dict(self._by_one_worker()))]):
                yield

    def _by_one_worker(self) -> Iterator[tuple[str, Work]]:
        stores = {domain.name: domain.stores for domain in DOMAINS}
        for domain in DOMAINS:
            for work in domain.background:
                yield f"{domain.name}: {work.name}", partial(repeat, work, self.open_context)
            for consumer in domain.consumers:
                if consumer.of not in stores:
                    continue  # a house without that domain has no such events
                source, target = self.sources[stores[consumer.of]], self.sources[domain.stores]
                consuming = partial(consume, consumer, source, target, self.open_context)
                yield f"{domain.name}: {consumer.name}", consuming

    async def people(self) -> Mapping[str, Actor]:
        """Those of the sample data that are there."""
        emails = dict.fromkeys(email for _, sample in SAMPLES for email in sample.people)
        found = {email: await person_with(self.sources, email) for email in emails}
        return {email: person for email, person in found.items() if person}

    def _checks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        checked = (self.tokens, *self.sources.values())
        return {name: check for source in checked for name, check in source.checks().items()}


def _explorer(in_development: bool) -> Explorer | None:
    """In production nobody is signed in by a click, and nothing comes from elsewhere."""
    return explorer(people.PATH if in_development else "", stands_in=in_development)


def app() -> Starlette:
    """For the processes that serve: the house as the environment says."""
    settings, own = configured()
    log_as(settings)
    traces.start()
    house = House(settings, own)
    processes.settle()
    processes.end_in_order(house.draining)
    return house.app


def configured() -> tuple[Settings, Own]:
    """The settings of the house, and those of the domains by name. Raises: WrongSetting."""
    check(PARTS)
    traces.wanted()
    return read(Settings), {domain.name: read(domain.settings) for domain in DOMAINS}


@asynccontextmanager
async def opened(
    settings: Settings, own: Own, clock: Clock = utc_now, *, migrating: bool = True
) -> AsyncIterator[dict[type, Any]]:
    """The sources of every domain, by its class of stores, and of the house.

    The databases are at their newest versions, or as they are: then nothing is asked or made yet.
    Raises: WrongSetting, CannotStart.
    """
    if migrating:
        processes.usable(settings.data)
    async with AsyncExitStack() as stack:
        sources: dict[type, Any] = {}
        with answering():
            sources[HouseSources] = await stack.enter_async_context(open_house(settings, clock, migrating=migrating))
            for domain in DOMAINS:
                opening = domain.open(settings, own[domain.name], clock, migrating=migrating)
                sources[domain.stores] = await stack.enter_async_context(opening)
        yield sources


@contextmanager
def answering() -> Iterator[None]:
    """Raises: CannotStart where a database does not answer."""
    try:
        yield
    except SourceError as error:
        why = (error.detail or error.code).partition("\n")[0]
        remedy = f"start it, or correct {variable(f'{error.source}_database_url')}"
        raise CannotStart(f"The database '{error.source}' does not answer: {why}; {remedy}") from error


async def person_with(sources: Mapping[type, Any], email: str) -> Actor | None:
    """Who of the people of any domain has this address."""
    for domain in DOMAINS:
        if domain.person and (found := await domain.person(sources[domain.stores], email)):
            return found
    return None


def limits_of(settings: Settings) -> Limits:
    in_development = settings.env == "development"
    return Limits(
        max_depth=settings.max_depth,
        max_cost=settings.max_cost,
        cost_per_minute=settings.cost_per_minute,
        redis_url=settings.redis_url,
        max_connections=settings.max_connections,
        introspection=in_development if settings.introspection is None else settings.introspection,
    )


def drain_s_of(settings: Settings) -> float:
    if settings.drain_s is None:
        return 0.0 if settings.env == "development" else DRAIN_S
    return settings.drain_s


def log_as(settings: Settings) -> None:
    logs.configure_logs(settings.log_level, messages=settings.env == "development")
