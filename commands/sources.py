"""`sources`: where data lives, and how it is there."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from commands.environment import NOBODY, for_databases_alone
from commands.options import AsJson, Data
from commands.terminal import say, say_json, say_table
from datasources.errors import SourceRefused
from datasources.migrations import newest
from datasources.settings import Settings, variable
from datasources.states import NEW, OK, OLDER, State, states_of
from house import Own, opened

STAND_IN = "stand-in"
"""Of a service without an address, in development: `serve` starts something in its place."""
WELL = (OK, NEW, OLDER, STAND_IN)
START = "uv run server.py"
HEAD = ("source", "kind", "state", "ms", "tables", "server", "address")


def sources(*, as_json: AsJson = False, data: Data = None) -> int:
    """Asks every SQL and REST source how it is, and how long that takes; exits with 1 where one cannot be used."""
    found = asyncio.run(_looked_at(*for_databases_alone(data)))
    if as_json:
        say_json([asdict(state) for state in found])
    else:
        say_table(HEAD, [_row(state) for state in found])
        for state in found:
            if state.state not in (OK, NEW, STAND_IN):
                say(f"{state.name}: {remedy_of(state)}")
    return int(any(state.state not in WELL for state in found))


async def looked_at(found: Mapping[type, Any]) -> list[State]:
    """The states of sources that were opened as they are; services without an address are stand-ins."""
    states = await states_of(found.values())
    return [replace(one, state=STAND_IN, address="", detail="") if one.address == NOBODY else one for one in states]


async def _looked_at(settings: Settings, own: Own) -> list[State]:
    async with opened(settings, own, migrating=False) as found:
        return await looked_at(found)


def remedy_of(state: State) -> str:
    """What is the matter, and what to do; empty where all is well."""
    match state.state:
        case "ok":
            return ""
        case "stand-in":
            return f"it has no address, so '{START}' starts a stand-in; for the real one set {_setting(state)}"
        case "new":
            return f"it is empty; the next '{START}' makes its tables"
        case "older":
            return (
                f"its tables are of version {state.version}, and this code's of {newest(state.name)}; "
                f"the next '{START}' brings them there"
            )
        case "newer":
            return (
                f"its tables are of version {state.version}, which this code does not know: it ends at "
                f"{newest(state.name)}; run the release that made them"
            )
        case SourceRefused.code:
            return f"it refuses us: {state.detail}; correct {variable(f'{state.name}_key')} or {_setting(state)}"
    return f"it does not answer{f': {state.detail.splitlines()[0]}' if state.detail else ''}; start it, or correct " + (
        _setting(state)
    )


def _setting(state: State) -> str:
    return variable(f"{state.name}_database_url" if state.kind == "sql" else f"{state.name}_url")


def _row(state: State) -> Sequence[str]:
    ms = "" if state.latency_ms is None else f"{state.latency_ms:.1f}"
    return state.name, state.kind, state.state, ms, state.version or "", state.server or "", state.address
