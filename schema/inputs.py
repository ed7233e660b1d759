"""What is given: inputs with a key, and the arguments of lists; and how use cases and stores take it.

An input says of its ids what they name (`Annotated[strawberry.ID, IdOf("Order")]`); below there are UUIDs. Inputs in
it have a `value(field)`, which makes of them what is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter
from typing import Any, get_args, get_origin, get_type_hints

import strawberry
from strawberry.utils.str_converters import to_camel_case

from schema.fields import Unpack, signed
from schema.node import uuid_of

KEY = "New for each wish; a repeat does nothing more."
Read = Callable[[Any, str], Any]
"""From what a field holds, and the field's name, to what is taken. Raises: InvalidInput."""


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


def wanted(**kinds: Any) -> Unpack:
    """The arguments of a list, each of which may be left out: `wanted(stage=Stage, owner_id=EmployeeId)`."""
    values_of = reading(kinds)

    def unpack(**given: Any) -> dict[str, Any]:
        return values_of(dict.fromkeys(kinds) | given)

    signed(
        unpack,
        {
            name: Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind | None)
            for name, kind in kinds.items()
        },
    )
    return unpack


def hints_of(given: type) -> dict[str, Any]:
    """The fields of a keyed input, without its key."""
    hints = get_type_hints(given, include_extras=True)
    del hints["idempotency_key"]
    return hints


def reading(hints: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What makes of the values of these fields those that are taken; None stays. It raises: InvalidInput."""
    reads = {name: (read, to_camel_case(name)) for name, hint in hints.items() if (read := _read_of(hint))}

    def values_of(given: dict[str, Any]) -> dict[str, Any]:
        found = {name: given[name] for name in hints}
        return found | {
            name: read(found[name], field) for name, (read, field) in reads.items() if found[name] is not None
        }

    return values_of


def names_records(hint: Any) -> bool:
    return bool(_ids_of(hint)) or any(map(names_records, get_args(hint)))


def _read_of(hint: Any) -> Read | None:
    """None where what a field holds is taken as it is."""
    if ids := _ids_of(hint):
        return lambda value, field: uuid_of(value, ids[0].type_name, field)
    if hasattr(hint, "value") and hasattr(hint, "__strawberry_definition__"):
        return lambda value, field: value.value(field)
    read = next(filter(None, map(_read_of, get_args(hint))), None)
    if read is None or get_origin(hint) is not list:
        return read
    of_each: Read = read
    return lambda values, field: [of_each(value, f"{field}[{place}]") for place, value in enumerate(values)]


def _ids_of(hint: Any) -> list[IdOf]:
    """What is said of an id itself, not of ids in it."""
    return [part for part in getattr(hint, "__metadata__", ()) if isinstance(part, IdOf)]
