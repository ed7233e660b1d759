"""What a check found, as a person reads it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import strawberry
from graphql import GraphQLError, GraphQLSchema, build_schema, parse

from datasources.house.documents import Registered
from gateway.check.changes import Change, changes
from gateway.check.shapes import shapes
from gateway.check.usage import used_by
from gateway.documents import Documents
from gateway.limits import Limits
from gateway.manifest import operations_of, place_of


@dataclass(frozen=True, slots=True)
class Report:
    """`lines` tell all, `breaks` says whether anything must not go live as it is."""

    lines: list[str]
    breaks: bool


class NoSchema(Exception):
    """For the operator: the file to compare with is no schema."""


def checked(
    schema: strawberry.Schema, released: str, registered: Sequence[Registered], limits: Limits, *, they_alone: bool
) -> Report:
    """All of the below, of this graph against a released SDL. Raises: NoSchema."""
    graph = schema._schema
    differences = compared(released, schema.as_str(), registered, they_alone=they_alone)
    reports = (differences, served(registered, Documents(graph, limits)), loading(graph))
    return Report([line for one in reports for line in one.lines], any(one.breaks for one in reports))


def compared(released: str, current: str, registered: Sequence[Registered], *, they_alone: bool) -> Report:
    """Each change from one SDL to the other that breaks or is dangerous, with the registered documents concerned.

    With `they_alone` nothing else is served, so that what breaks none of them breaks nobody. Raises: NoSchema.
    """
    old = _built(released)
    uses = [(one, used_by(parse(one.text), old)) for one in registered]
    lines: list[str] = []
    breaks = False
    for change in changes(old, _built(current)):
        concerned = [one for one, used in uses if change.concerns in used]
        broken = change.breaking and bool(concerned or not they_alone)
        breaks |= broken
        lines += _told(change, concerned, "breaking" if broken else "unused" if change.breaking else "dangerous")
    return Report(lines or ["Nothing breaks, and nothing is dangerous."], breaks)


def served(registered: Sequence[Registered], documents: Documents) -> Report:
    """Each registered document that would be refused, and why."""
    lines = [
        f"refused    {_named(one)}{place_of(error)}: {error.message}"
        for one in registered
        for error in documents.read(one.text).errors
    ]
    fine = f"All {len(registered)} registered documents are served." if registered else "No documents are registered."
    return Report(lines or [fine], bool(lines))


def loading(schema: GraphQLSchema) -> Report:
    """Each edge and resolver that loads one by one."""
    lines = [f"N+1        {one.field}, many by {one.path}: {one.why}" for one in shapes(schema)]
    return Report(lines or ["No edge or resolver loads one by one."], bool(lines))


def _told(change: Change, concerned: Sequence[Registered], kind: str) -> Iterator[str]:
    yield f"{kind:<10} {change.what}"
    for one in concerned:
        yield f"           {_named(one)}"
    if not concerned:
        yield "           no registered document uses it"


def _named(one: Registered) -> str:
    return f"{one.client}: {', '.join(operations_of(parse(one.text)))} ({one.id})"


def _built(sdl: str) -> GraphQLSchema:
    try:
        schema = build_schema(sdl)
    except (GraphQLError, TypeError) as error:
        raise NoSchema(str(error).partition("\n")[0]) from None
    if schema.query_type is None:
        raise NoSchema("it has no type Query")
    return schema
