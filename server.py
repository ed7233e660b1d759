"""Heddle: composes settings, sources, graph and HTTP, and is the command line."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from difflib import unified_diff
from pathlib import Path
from typing import Any, TypeVar

from cyclopts import App, CycloptsError
from graphql import GraphQLError
from starlette.applications import Starlette

from datasources.actor import Actor
from datasources.errors import SourceError
from datasources.house.documents import IdTaken, Registered, RegisteredDocuments
from datasources.house.revocations import RevokedSubjects
from datasources.house.sources import HouseSources, open_house
from datasources.ids import Clock, utc_now
from datasources.sandbox.process import Sandbox, SandboxFailed
from datasources.settings import (
    OWN_ISSUER,
    Settings,
    SettingsPart,
    WrongSetting,
    check,
    known_to_everybody,
    read,
    services_without_address,
    variable,
)
from gateway import logs, metrics, processes, traces
from gateway.app import Graph, application
from gateway.check.report import NoSchema, checked
from gateway.documents import Documents
from gateway.identity import Tokens, person_of
from gateway.limits import Limits
from gateway.manifest import WrongManifest, read_manifest, validated
from gateway.options import (
    DEFAULTS,
    Against,
    All,
    As,
    Check,
    Client,
    Data,
    Email,
    Host,
    Ids,
    Manifest,
    OneClient,
    Port,
    Scale,
    Scopes,
    StandIns,
    Subject,
    Ttl,
    Undo,
    Until,
    Variables,
    Workers,
)
from gateway.persisted import Persisted
from gateway.plan.show import described
from gateway.processes import CannotStart
from gateway.terminal import (
    HOW_TO_ADD,
    clients_of,
    complain,
    documents_of,
    example_of,
    progress,
    revocation_of,
    say,
    welcome,
)
from resolvers.background import Background, running
from resolvers.context import Context
from schema.graph import DOMAINS, build

PARTS: Sequence[type[SettingsPart]] = (Settings, *(domain.settings for domain in DOMAINS))
SAMPLES = [(domain, domain.sample) for domain in DOMAINS if domain.sample]
SDL = Path(__file__).parent / "schema" / "schema.graphql"
LEARN_EVERY_S = 2.0
"""How long it takes until workers know of changes in the database of the house."""
NO_DATA = "There is no directory '{}'; run 'uv run server.py' once, or name another"
NOBODY = "http://127.0.0.1:9"
"""The address of services for commands that ask none."""

Own = Mapping[str, SettingsPart]
T = TypeVar("T")


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
        self._persisted = Persisted(settings.documents or ("automatic" if settings.env == "development" else "any"))
        self.app = application(
            Graph(
                build()._schema,
                self.open_context,
                self._checks,
                [
                    *metrics.routes(settings.metrics_token, public=settings.env == "development"),
                    *(route for domain in DOMAINS for route in domain.routes(self.open_context)),
                ],
                self._persisted,
            ),
            self.tokens,
            planned=settings.executor == "plan",
            explains=settings.env == "development",
            operation_timeout_s=settings.operation_timeout_s,
            max_body_bytes=settings.max_body_bytes,
            cors_origins=settings.cors_origins,
            explorer=settings.env == "development",
            limits=_limits(settings),
            trusted_proxies=settings.trusted_proxies,
            lifespan=self._open,
        )

    def open_context(self, actor: Actor) -> Context:
        return Context(actor, self.sources, self._clock)

    @asynccontextmanager
    async def _open(self, _: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.callback(logs.flush)
            stack.push_async_callback(traces.stop)
            stack.push_async_callback(self.tokens.close)
            sources = await stack.enter_async_context(opened(self.settings, self._own, self._clock))
            self.sources.update(sources)
            registered = RegisteredDocuments(sources[HouseSources])
            revoked = RevokedSubjects(sources[HouseSources])
            await self._persisted.refresh(registered)
            revocations = self.tokens.revocations
            await revocations.refresh(revoked)
            background = [
                Background("learning of documents", LEARN_EVERY_S, lambda _: self._persisted.refresh(registered)),
                Background(
                    "learning of revocations", LEARN_EVERY_S, lambda _: self.tokens.revocations.refresh(revoked)
                ),
                *(work for domain in DOMAINS for work in domain.background),
            ]
            async with running(background, self.open_context):
                yield

    def _checks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        checked = (self.tokens, *self.sources.values())
        return {name: check for source in checked for name, check in source.checks().items()}


@asynccontextmanager
async def opened(settings: Settings, own: Own, clock: Clock = utc_now) -> AsyncIterator[dict[type, Any]]:
    """The sources of every domain, by its class of stores, and of the house; the databases at their newest versions.

    Raises: WrongSetting, CannotStart.
    """
    processes.usable(settings.data)
    async with AsyncExitStack() as stack:
        sources: dict[type, Any] = {}
        with _answering():
            sources[HouseSources] = await stack.enter_async_context(open_house(settings, clock))
            for domain in DOMAINS:
                opening = domain.open(settings, own[domain.name], clock)
                sources[domain.stores] = await stack.enter_async_context(opening)
        yield sources


@contextmanager
def _answering() -> Iterator[None]:
    """Raises: CannotStart where a database does not answer."""
    try:
        yield
    except SourceError as error:
        why = (error.detail or error.code).partition("\n")[0]
        remedy = f"start it, or correct {variable(f'{error.source}_database_url')}"
        raise CannotStart(f"The database '{error.source}' does not answer: {why}; {remedy}") from error


def configured() -> tuple[Settings, Own]:
    """The settings of the house, and those of the domains by name. Raises: WrongSetting."""
    check(PARTS)
    traces.wanted()
    return read(Settings), {domain.name: read(domain.settings) for domain in DOMAINS}


def app() -> Starlette:
    """For the processes that serve: the house as the environment says."""
    settings, own = configured()
    _logged(settings)
    traces.start()
    house = House(settings, own)
    processes.settle()
    return house.app


cli = App(
    name="uv run server.py",
    help="Heddle: one typed graph over databases and services. Without a command, it serves.",
    help_epilogue="Example: uv run server.py --port 9000 --data /tmp/shop --scale 0.1",
    help_format="plaintext",
    version_flags=(),
    default_parameter=DEFAULTS,
    result_action="return_value",
)


documents = App(
    name="documents",
    help="Registers documents, which clients then name by an id; HEDDLE_DOCUMENTS=trusted serves nothing else.",
    help_epilogue="Example: uv run server.py documents add --client web persisted-documents.json",
    help_format="plaintext",
    default_parameter=DEFAULTS,
)
cli.command(documents)


@cli.default
@cli.command
def serve(
    *,
    host: Host = None,
    port: Port = None,
    data: Data = None,
    workers: Workers = None,
    scale: Scale = 1.0,
    sandbox: StandIns = True,
) -> None:
    """Serves the graph; in development with sample data, and with stand-ins for the services outside."""
    _set(host=host, port=port, data=data, workers=workers)
    settings, own = configured()
    _logged(settings)
    processes.usable(settings.data)
    processes.terminated_is_interrupted()
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        listening = stack.enter_context(processes.bound(settings.host, settings.port))
        if not processes.is_private(listening) and (known := known_to_everybody(PARTS)):
            raise CannotStart(
                f"{settings.host} can be reached from other machines, and {', '.join(known)} have values that everybody"
                " knows; set them, or serve on 127.0.0.1"
            )
        stack.enter_context(metrics.of_all_workers(settings.workers))
        address = processes.address_of(listening)
        in_development = settings.env == "development"
        sandbox_url = _stand_ins(stack, settings, own, address) if in_development and sandbox else None
        greeting = asyncio.run(_prepared(address, scale if in_development else None, sandbox_url))
        processes.serve(
            "server:app",
            listening,
            workers=settings.workers,
            max_message_bytes=settings.max_body_bytes,
            when_ready=lambda: say(greeting),
        )


@cli.command
def token(*, as_: As, scope: Scopes = None, ttl: Ttl = timedelta(hours=1), data: Data = None) -> None:
    """Prints a token for development; the gateway need not run."""
    settings, own = _for_databases_alone(data)
    if settings.env == "production":
        raise CannotStart("This is for development; in production, whoever knows the people issues their tokens")
    if not settings.data.is_dir():
        raise CannotStart(NO_DATA.format(settings.data))
    say(asyncio.run(_token(settings, own, as_, scope, ttl)))


@cli.command
def revoke(
    *, email: Email = None, subject: Subject = None, until: Until = None, undo: Undo = False, data: Data = None
) -> None:
    """Signs somebody out everywhere, also of what they listen to: they need a new token then.

    It may run beside a gateway that serves, on any machine that reaches the database of the house.
    """
    if (email is None) == (subject is None):
        raise CannotStart("Say whose tokens: --as EMAIL, or --subject ID")
    settings, own = _for_databases_alone(data)
    if settings.house_database_url is None and not settings.data.is_dir():
        raise CannotStart(NO_DATA.format(settings.data))
    say(asyncio.run(_revoked(settings, own, email, subject, until, undo)))


@cli.command
def schema(*, check: Check = False) -> int:
    """Prints the graph in GraphQL's schema language."""
    sdl = build().as_str() + "\n"
    if not check:
        say(sdl.rstrip())
        return 0
    committed = SDL.read_text() if SDL.exists() else ""
    if committed == sdl:
        return 0
    changes = unified_diff(committed.splitlines(), sdl.splitlines(), "schema/schema.graphql", "the code", lineterm="")
    say("\n".join(changes))
    complain("The graph is not as committed; if it should be so: uv run server.py schema > schema/schema.graphql")
    return 1


@cli.command(name="check")
def check_(*, against: Against = None, data: Data = None) -> int:
    """Tells what this graph breaks, and for whom: clients of a released schema, and those of registered documents.

    Also where it loads one by one what a list has many of. The exit code is 1 where anything has to be mended first.
    """
    settings, _ = _for_databases_alone(data)
    registered = asyncio.run(_registered(settings))
    released = against or Path("schema", SDL.name)
    try:
        report = checked(
            build(),
            (against or SDL).read_text(),
            registered,
            _limits(settings),
            they_alone=settings.documents == "trusted",
        )
    except NoSchema as error:
        raise CannotStart(f"'{released}' is no schema: {error}") from None
    say("\n".join([f"Compared with {released}:", *report.lines]))
    return int(report.breaks)


@cli.command
def plan(query: str, *, variables: Variables = "{}") -> None:
    """Prints how the gateway answers a query: what it reads where, and what it loads in one call."""
    try:
        say(described(build()._schema, query, dict(json.loads(variables))))
    except GraphQLError as error:
        raise CannotStart(error.message) from None
    except (TypeError, ValueError):
        raise CannotStart("""Write the variables as a JSON object, such as '{"first": 3}'.""") from None


@documents.command
def add(manifest: Manifest, *, client: Client, data: Data = None) -> None:
    """Registers the documents of a manifest, all or none. Those of before stay: front ends in the field use them."""
    settings, _ = _for_databases_alone(data)
    texts = read_manifest(manifest.read_bytes())
    validated(texts, Documents(build()._schema, _limits(settings)))
    new = asyncio.run(_with_documents(data, lambda registered: registered.add(client, texts)))
    say(f"Documents registered for '{client}': {new}; known before: {len(texts) - new}.")
    say(f"Within {LEARN_EVERY_S:g} seconds workers serve them: send {example_of(texts)}")


@documents.command(name="list")
def list_(*, client: OneClient = None, data: Data = None) -> None:
    """Tells what is registered: how many documents of each client, or those of one."""
    found = asyncio.run(_with_documents(data, lambda registered: registered.all(client)))
    if not found:
        raise CannotStart(f"Nothing is registered{f' for {client!r}' if client else ''}; {HOW_TO_ADD}")
    say(clients_of(found) if client is None else documents_of(found))


@documents.command
def remove(*ids: Ids, client: Client, all_: All = False, data: Data = None) -> None:
    """Forgets documents of a client, which are then served no more."""
    if bool(ids) == all_:
        raise CannotStart("Say which documents: their ids, or --all")
    gone = asyncio.run(_with_documents(data, lambda registered: registered.remove(client, None if all_ else ids)))
    if not gone:
        raise CannotStart(f"'{client}' has no such documents; see: uv run server.py documents list --client {client}")
    say(f"Documents removed from '{client}': {gone}. Within {LEARN_EVERY_S:g} seconds workers serve them no more.")


@cli.command
def reencrypt(*, data: Data = None) -> int:
    """Encrypts personal data anew with the first key of HEDDLE_ENCRYPTION_KEYS, so that older keys can go.

    It may run beside a gateway that serves, and may be stopped and started again.
    """
    columns = asyncio.run(_reencrypted(*_for_databases_alone(data)))
    for column in columns:
        say(f"{column.column}: {column.resealed} of {column.seen} encrypted anew")
    broken = sum(column.broken for column in columns)
    if broken:
        complain(f"{broken} values open with none of the keys, and stayed as they are; put their key back")
    return 1 if broken else 0


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 where something is in the way, 2 where the command line cannot be meant."""
    try:
        return cli(arguments, exit_on_error=False, print_error=False) or 0
    except CycloptsError as error:
        complain(f"{error} See: uv run server.py --help")
        return 2
    except (WrongSetting, WrongManifest, IdTaken, CannotStart, SandboxFailed, SourceError) as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


def _logged(settings: Settings) -> None:
    logs.configure_logs(settings.log_level, messages=settings.env == "development")


def _set(**options: object) -> None:
    """Options become the environment, which says more than `.env`, and which the workers inherit."""
    os.environ.update({variable(name): str(value) for name, value in options.items() if value is not None})


def _for_databases_alone(data: Path | None) -> tuple[Settings, Own]:
    _set(data=data)
    os.environ.update(dict.fromkeys(services_without_address(PARTS), NOBODY))
    return configured()


def _stand_ins(stack: ExitStack, settings: Settings, own: Own, address: str) -> str | None:
    """Runs the sandbox while the stack lasts, where a service has no address, and gives it one there."""
    missing = services_without_address(PARTS)
    if not missing:
        return None
    webhooks = [domain.webhook(own[domain.name]) for domain in DOMAINS if domain.webhook]
    events = next(((address + path, secret) for path, secret in webhooks), None)
    url = stack.enter_context(Sandbox(settings.data, events)).url
    os.environ.update({name: f"{url}/{path}" for name, path in missing.items()})
    return url


async def _prepared(address: str, scale: float | None, sandbox_url: str | None) -> str:
    """Migrates; with a scale, makes sample data where there is none yet. What to say as soon as all runs."""
    settings, own = configured()
    async with opened(settings, own) as sources:
        if scale is None:
            return f"Heddle serves at {address}"
        for domain, sample in SAMPLES:
            with progress("Making sample data, this once") as tell:
                await sample.fill(sources[domain.stores], scale=scale, sandbox_url=sandbox_url, progress=tell)
        email, query = next((sample.people[0], sample.query) for _, sample in SAMPLES)
        person = await _person(sources, email)
        token = Tokens.configured(settings).issue(person.signed_in, person.scopes, 12 * 3600) if person else None
        return welcome(address, email, token, query)


async def _token(settings: Settings, own: Own, email: str, scopes: Iterable[str] | None, ttl: timedelta) -> str:
    async with opened(settings, own) as sources:
        person = await _person(sources, email)
        if person is None:
            known = [one for _, sample in SAMPLES for one in sample.people if await _person(sources, one)]
            remedy = f"these do: {', '.join(known)}" if known else "run 'uv run server.py' once to have sample people"
            raise CannotStart(f"Nobody has the address '{email}'; {remedy}")
        return Tokens.configured(settings).issue(person.signed_in, scopes or person.scopes, int(ttl.total_seconds()))


async def _revoked(
    settings: Settings, own: Own, email: str | None, subject: str | None, until: datetime | None, undo: bool
) -> str:
    """What to say of it."""
    who = email or subject or ""
    async with opened(settings, own) as sources:
        if email is None:
            id = person_of(settings.token_issuer or OWN_ISSUER, who)
        elif person := await _person(sources, email):
            id = person.signed_in
        else:
            raise CannotStart(f"Nobody has the address '{who}'; name them by --subject")
        revoked = RevokedSubjects(sources[HouseSources])
        if not undo:
            before = until and until.replace(tzinfo=until.tzinfo or UTC).astimezone(UTC)
            return revocation_of(who, await revoked.revoke(id, before), LEARN_EVERY_S)
        if await revoked.restore(id):
            return f"Within {LEARN_EVERY_S:g} seconds tokens of '{who}' are taken again, those that have not expired."
    raise CannotStart(f"Nothing of '{who}' is revoked")


async def _person(sources: Mapping[type, Any], email: str) -> Actor | None:
    for domain in DOMAINS:
        if domain.person and (found := await domain.person(sources[domain.stores], email)):
            return found
    return None


async def _reencrypted(settings: Settings, own: Own) -> list[Any]:
    async with opened(settings, own) as sources:
        with progress("Encrypting anew") as tell:
            return [
                column
                for domain in DOMAINS
                if domain.reseal
                for column in await domain.reseal(sources[domain.stores], tell)
            ]


async def _registered(settings: Settings) -> Sequence[Registered]:
    """All documents; the database stays as it is, since who checks may be of another version than those who serve."""
    if settings.house_database_url is None and not settings.data.is_dir():
        return []
    with _answering():
        async with open_house(settings, migrating=False) as house:
            registered = RegisteredDocuments(house)
            return await registered.all() if await registered.kept() else []


async def _with_documents(data: Path | None, work: Callable[[RegisteredDocuments], Awaitable[T]]) -> T:
    settings, _ = _for_databases_alone(data)
    processes.usable(settings.data)
    with _answering():
        async with open_house(settings) as house:
            return await work(RegisteredDocuments(house))


def _limits(settings: Settings) -> Limits:
    in_development = settings.env == "development"
    return Limits(
        max_depth=settings.max_depth,
        max_cost=settings.max_cost,
        cost_per_minute=settings.cost_per_minute,
        redis_url=settings.redis_url,
        introspection=in_development if settings.introspection is None else settings.introspection,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
