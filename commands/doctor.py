"""`doctor`: what the gateway needs to run, each with what to do where it is not so."""

import asyncio
import importlib.metadata
import resource
import shutil
import sys
import tomllib
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

import apsw

from commands.environment import for_databases_alone, set_options
from commands.options import AsJson, Data
from commands.sources import START, WELL, looked_at, remedy_of
from commands.terminal import say, say_json, say_table
from datasources.errors import SourceError
from datasources.settings import DOTENV, Settings, WrongSetting, variable
from datasources.settings_check import check, known_to_everybody
from datasources.states import OK, OLDER, State
from gateway import processes
from gateway.explorer import BUILT
from gateway.identity import Tokens
from gateway.processes import CannotStart
from house import PARTS, Own, limits_of, opened
from schema.graph import DOMAINS

ROOT = Path(__file__).parents[1]
PYTHON = (3, 11)
POSTGRESQL = 14
FREE_BYTES = 1_000_000_000
CLOCK_OFF_S = 2.0
"""Leases are given up a second before they end."""
REDIS_S = 3.0
Verdict = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`says` is what is there and, unless it is `ok`, what to do."""

    verdict: Verdict
    what: str
    says: str


def doctor(*, as_json: AsJson = False, data: Data = None) -> int:
    """Looks at all that the gateway needs, changes nothing, says what to do; exits with 1 where something is wrong."""
    set_options(data=data)
    found = list(_findings(data))
    wrong = sum(one.verdict == "wrong" for one in found)
    if as_json:
        say_json([asdict(one) for one in found])
    else:
        say_table(("", "what", "how it is"), [(one.verdict, one.what, one.says) for one in found])
        say(f"{wrong} to be mended." if wrong else "All is well.")
    return int(wrong > 0)


def _findings(data: Path | None) -> Iterator[Finding]:
    yield from _machine()
    try:
        check(PARTS)
        settings, own = for_databases_alone(data)
    except WrongSetting as error:
        yield from (Finding("wrong", "settings", line) for line in str(error).splitlines())
        yield Finding("note", "sources", "not looked at: the settings come first")
        return
    where = f", with {DOTENV}" if Path(DOTENV).exists() else ""
    yield Finding("ok", "settings", f"for {settings.env}, from the environment{where}")
    yield from _keys(settings)
    yield from _room(settings)
    if limits_of(settings).introspection:
        yield _page()
    yield from asyncio.run(_sources(settings, own))


def _machine() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON:
        yield Finding("wrong", "python", f"{version}; install 3.11 or newer")
    else:
        yield Finding("ok", "python", version)
    yield Finding("ok", "sqlite", apsw.sqlite_lib_version())
    yield _packages()


def _packages() -> Finding:
    """Whether what is installed is what the lock says."""
    lock = ROOT / "uv.lock"
    if not lock.exists():
        return Finding("ok", "packages", "as they were installed; there is no uv.lock to compare them with")
    locked = {(one["name"], one.get("version")) for one in tomllib.loads(lock.read_text())["package"]}
    names = {name for name, _ in locked}
    installed = {(one.name.lower().replace("_", "-"), one.version) for one in importlib.metadata.distributions()}
    other = sorted(f"{name} {version}" for name, version in installed - locked if name in names)
    if other:
        return Finding("wrong", "packages", f"{', '.join(other)}: not as locked; uv sync --locked")
    return Finding("ok", "packages", f"{len(installed & locked)}, as locked")


def _keys(settings: Settings) -> Iterator[Finding]:
    known = known_to_everybody(PARTS)
    if not known:
        yield Finding("ok", "keys", "all are your own")
    elif _is_private(settings.host):
        yield Finding("ok", "keys", f"those for development, which everybody knows: for {settings.host} alone")
    else:
        yield Finding(
            "wrong", "keys", f"{settings.host} is for others too, and everybody knows {', '.join(known)}; set"
        )


def _is_private(host: str) -> bool:
    return host == "localhost" or (host.replace(".", "").isdigit() and ip_address(host).is_loopback) or host == "::1"


def _room(settings: Settings) -> Iterator[Finding]:
    """Whether there is room for data, and for as many connections as are allowed."""
    try:
        if settings.data.exists():
            processes.usable(settings.data)
        there = next(path for path in (settings.data, *settings.data.absolute().parents) if path.exists())
        free = shutil.disk_usage(there).free
        verdict: Verdict = "ok" if free > FREE_BYTES else "note"
        says = f"'{settings.data}' has {free / 1e9:.1f} GB to go{'' if verdict == 'ok' else '; make room there'}"
        yield Finding(verdict, "data", says)
    except CannotStart as error:
        yield Finding("wrong", "data", str(error))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < settings.max_connections:
        remedy = f"raise it (ulimit -Hn), or lower {variable('max_connections')}, {settings.max_connections}"
        yield Finding("note", "open files", f"{most} at the most, and each connection is one; {remedy}")
    else:
        yield Finding("ok", "open files", "enough for all connections")


def _page() -> Finding:
    """What browsers see at the graph."""
    if (BUILT / "index.html").exists():
        return Finding("ok", "explorer", "is built")
    if shutil.which("npm"):
        return Finding("ok", "explorer", f"the next '{START}' builds it")
    return Finding("note", "explorer", "is not built, and there is no npm to build it; install node 20.19 with npm")


async def _sources(settings: Settings, own: Own) -> list[Finding]:
    async with opened(settings, own, migrating=False) as found:
        states = await looked_at(found)
        findings = [*map(_source, states), *(one for state in states for one in _server(state))]
        usable = {state.name for state in states if state.state == OK}
        for domain in DOMAINS:
            if domain.wrong_key is None or domain.name not in usable:
                continue
            if wrong := await domain.wrong_key(found[domain.stores]):
                remedy = f"put back the one that it was written with: {variable(wrong)}"
                findings.append(Finding("wrong", "keys", f"one does not fit what {domain.name} keeps; {remedy}"))
            else:
                findings.append(Finding("ok", "keys", f"they fit what {domain.name} keeps"))
    return [*findings, *[one async for one in _beside(settings)]]


def _source(state: State) -> Finding:
    said = remedy_of(state)
    if state.state == OK:
        tables = f", tables of version {state.version}" if state.version else ""
        return Finding("ok", state.name, f"{state.server or state.address} answers in {state.latency_ms} ms{tables}")
    if state.state == OLDER:
        return Finding("note", state.name, said)
    return Finding("ok" if state.state in WELL else "wrong", state.name, said)


def _server(state: State) -> Iterator[Finding]:
    """What is the matter with a database server, though it answers."""
    kind, _, version = (state.server or "").partition(" ")
    if kind == "PostgreSQL" and int(version.partition(".")[0]) < POSTGRESQL:
        yield Finding("wrong", state.name, f"{state.server}; it takes {POSTGRESQL} or newer")
    if state.ahead_s is not None and abs(state.ahead_s) > CLOCK_OFF_S:
        off = f"its server is {abs(state.ahead_s):.0f} s {'ahead of' if state.ahead_s > 0 else 'behind'} this machine"
        yield Finding("wrong", "clock", f"{state.name}: {off}; have both set by NTP, as tokens and leases have ends")


async def _beside(settings: Settings) -> AsyncIterator[Finding]:
    """What is no source: Redis, and who issues tokens."""
    if settings.redis_url:
        from redis.asyncio import Redis  # imports much, which takes long
        from redis.exceptions import RedisError

        redis = Redis.from_url(settings.redis_url, socket_timeout=REDIS_S, socket_connect_timeout=REDIS_S)
        try:
            yield Finding("ok", "redis", f"Redis {(await redis.info('server'))['redis_version']}")
        except (RedisError, OSError) as error:
            yield Finding("wrong", "redis", f"{type(error).__name__}; start it, or correct {variable('redis_url')}")
        finally:
            await redis.aclose()
    tokens = Tokens.configured(settings)
    try:
        for name, check_keys in tokens.checks().items():
            try:
                await check_keys()
                yield Finding("ok", name, f"publishes keys at {settings.jwks_url}")
            except SourceError as error:
                yield Finding("wrong", name, f"{error.detail or error.code}; correct {variable('jwks_url')}")
    finally:
        await tokens.close()
