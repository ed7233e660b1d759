"""Keyed mutations, declared: what is given, the use case that does it, and what comes of it; no code is written per
mutation.

An input says of its ids what they name (`Annotated[strawberry.ID, IdOf("Order")]`); the use case is called with the
input's fields by their names, ids as UUIDs, and with its key.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, get_args, get_origin, get_type_hints

import strawberry
from strawberry.utils.str_converters import to_camel_case

from datasources.errors import InvalidInput, KeyReused, NotFound, Refusal
from schema.access import INHERITED, Access
from schema.node import uuid_of
from schema.problems import Problem, mutation, payload

KEY = "New for each wish; a repeat does nothing more."
UseCase = Callable[..., Awaitable[Any]]
"""`(context, *, key, …)`: gives the record as it is then. Raises: Refusal."""
Read = Callable[[Any, str], Any]
"""From what an input's field holds, and the field's name, to what the use case takes. Raises: InvalidInput."""


@dataclass(frozen=True, slots=True)
class IdOf:
    """What an id names."""

    type_name: str


def keyed(description: str) -> Callable[[type], type]:
    """An input with an idempotency key, which comes last."""

    def declare(given: type) -> type:
        given.__annotations__["idempotency_key"] = str
        given.idempotency_key = strawberry.field(description=KEY)  # type: ignore[attr-defined]
        return strawberry.input(given, description=description)

    return declare


def outcome(name: str, description: str = "", **result: type) -> type:
    """A payload: `outcome("RunPayload", run=WorkflowRun)` has the run as it is now, or why it was refused."""
    ((field, kind),) = result.items()
    fields = {"__annotations__": {field: kind | None, "problem": Problem | None}, field: None, "problem": None}
    made = type(name, (), {"__module__": kind.__module__, **fields})
    told = description or f"The {field.replace('_', ' ')} as it is now, or why it was refused."
    return strawberry.type(made, description=told, directives=[INHERITED])


def mutates(do: UseCase, given: type, description: str, *refusals: type[Refusal], gives: type, access: Access) -> Any:
    """A mutation's root field for those who pass `access`; `refusals` are those of `do` beside the usual ones.

    Raises: TypeError where `do` does not take what is given.
    """
    hints = get_type_hints(given, include_extras=True)
    reads = {name: _reading(hint) for name, hint in hints.items() if name != "idempotency_key"}
    inspect.signature(do).bind(None, key="", **reads)
    values_of = _values(reads)
    result = next(iter(gives.__annotations__))

    async def resolve(self: Any, info: strawberry.Info, input: Any) -> Any:
        work = {result: lambda: do(info.context, key=input.idempotency_key, **values_of(input))}
        return await payload(gives, **work)

    resolve.__annotations__ |= {"input": given, "return": gives | None}
    named = [NotFound] if any(map(_names_records, hints.values())) else []
    return mutation(access, description, InvalidInput, *named, *refusals, KeyReused)(resolve)


def _values(reads: dict[str, Read | None]) -> Callable[[Any], dict[str, Any]]:
    plan = [(name, attrgetter(name), read, to_camel_case(name)) for name, read in reads.items()]

    def values_of(input: Any) -> dict[str, Any]:
        return {
            name: value if (value := get(input)) is None or read is None else read(value, field)
            for name, get, read, field in plan
        }

    return values_of


def _reading(hint: Any) -> Read | None:
    """None where use cases take what the input holds."""
    if ids := _ids_of(hint):
        return lambda value, field: uuid_of(value, ids[0].type_name, field)
    if hasattr(hint, "value") and hasattr(hint, "__strawberry_definition__"):
        return lambda value, field: value.value(field)
    read = next(filter(None, map(_reading, get_args(hint))), None)
    if read is None or get_origin(hint) is not list:
        return read
    of_each: Read = read
    return lambda values, field: [of_each(value, f"{field}[{place}]") for place, value in enumerate(values)]


def _ids_of(hint: Any) -> list[IdOf]:
    """What is said of an id itself, not of ids in it."""
    return [part for part in getattr(hint, "__metadata__", ()) if isinstance(part, IdOf)]


def _names_records(hint: Any) -> bool:
    return bool(_ids_of(hint)) or any(_names_records(part) for part in get_args(hint))
