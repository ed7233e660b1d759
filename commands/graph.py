"""`schema`, `check` and `plan`: what the graph is, whom a change of it breaks, and how it answers."""

import asyncio
import json
from difflib import unified_diff
from pathlib import Path
from typing import Any

from graphql import GraphQLError

from commands.documents import all_registered
from commands.environment import for_databases_alone
from commands.options import Against, Check, Data, Query, Variables
from commands.terminal import complain, say
from gateway.check.report import NoSchema, checked
from gateway.plan.show import described
from gateway.processes import CannotStart
from house import limits_of
from schema.graph import build

SDL = Path(__file__).parents[1] / "schema" / "schema.graphql"


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


def check(*, against: Against = None, data: Data = None) -> int:
    """Tells what this graph breaks, and for whom: clients of a released schema, and those of registered documents.

    Also where it loads one by one what a list has many of. The exit code is 1 where anything has to be mended first.
    """
    settings, _ = for_databases_alone(data)
    registered = asyncio.run(all_registered(settings))
    released = against or Path("schema", SDL.name)
    try:
        report = checked(
            build(),
            (against or SDL).read_text(),
            registered,
            limits_of(settings),
            they_alone=settings.documents == "trusted",
        )
    except NoSchema as error:
        raise CannotStart(f"'{released}' is no schema: {error}") from None
    say("\n".join([f"Compared with {released}:", *report.lines]))
    return int(report.breaks)


def plan(query: Query, /, *, variables: Variables = "{}") -> None:
    """Prints how the gateway answers a query: what it reads where, and what it loads in one call."""
    try:
        say(described(build()._schema, query, variables_of(variables)))
    except GraphQLError as error:
        raise CannotStart(error.message) from None


def variables_of(text: str) -> dict[str, Any]:
    """Raises: CannotStart."""
    try:
        return dict(json.loads(text))
    except (TypeError, ValueError):
        raise CannotStart("""Write the variables as a JSON object, such as '{"first": 3}'.""") from None
