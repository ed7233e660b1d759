"""Keyed mutations, declared: what is given, the use case that does it, and what comes of it; no code is written per
mutation. The use case is called with the fields of the input by their names, and with its key.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import strawberry

from datasources.errors import InvalidInput, KeyReused, NotFound, Refusal
from schema.access import INHERITED, Access
from schema.inputs import hints_of, names_records, reading
from schema.problems import Problem, mutation, payload

UseCase = Callable[..., Awaitable[Any]]
"""`(context, *, key, …)`: gives the record as it is then. Raises: Refusal."""


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
    hints = hints_of(given)
    values_of = reading(hints)
    inspect.signature(do).bind(None, key="", **hints)
    result = next(iter(gives.__annotations__))

    async def resolve(self: Any, info: strawberry.Info, input: Any) -> Any:
        work = {result: lambda: do(info.context, key=input.idempotency_key, **values_of(vars(input)))}
        return await payload(gives, **work)

    resolve.__annotations__ |= {"input": given, "return": gives | None}
    named = [NotFound] if any(map(names_records, hints.values())) else []
    return mutation(access, description, InvalidInput, *named, *refusals, KeyReused)(resolve)
