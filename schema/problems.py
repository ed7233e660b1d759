"""Problems: why a mutation was refused, as a type that clients can match. Nothing was changed then.

A payload has a nullable result and a nullable `problem`; exactly one of the two is set.
"""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, TypeVar

import strawberry

from datasources.errors import Forbidden, InvalidInput, Refusal, Unauthenticated
from schema.access import INHERITED, Access, field
from schema.cost import USUAL, Cost
from schema.node import Named

P = TypeVar("P")
"""A payload type: `problem: Problem | None` beside its result."""


@strawberry.interface(description="Why a mutation was refused. Nothing was changed.")
class Problem:
    refusal: ClassVar[type[Refusal]]
    """What this type tells of; a refusal is told by the type of its nearest class."""

    code: str = strawberry.field(description="Stable, for programs; each mutation says which it may give.")
    message: str = strawberry.field(description="For people, with the remedy.")

    @classmethod
    def is_type_of(cls, record: Named, _: Any) -> bool:
        return record.type_name == cls.__name__


@strawberry.type(description="A refusal that its code and message say all about.", directives=[INHERITED])
class RefusedProblem(Problem):
    refusal = Refusal


@strawberry.type(description="A value of the input cannot be meant.", directives=[INHERITED])
class InputProblem(Problem):
    refusal = InvalidInput

    field: str = strawberry.field(description="The input field.")


def mutation(
    access: Access, description: str, *refusals: type[Refusal], cost: Cost = USUAL
) -> Callable[[Callable[..., Awaitable[P | None]]], Any]:
    """A mutation's root field: its description ends with the codes of what it may be refused for."""
    return field(access, f"{description} Problems: {', '.join(refusal.code for refusal in refusals)}.", cost)


async def payload(make: Callable[..., P], **result: Callable[[], Awaitable[Any]]) -> P:
    """`await payload(PlaceOrderPayload, order=lambda: orders.place_order(…))`: the result, or the problem.

    Missing rights are errors of the request, not problems.
    """
    ((name, work),) = result.items()
    try:
        return make(**{name: await work()})
    except (Unauthenticated, Forbidden):
        raise
    except Refusal as refusal:
        return make(problem=_told(refusal))


def _told(refusal: Refusal) -> Named:
    told_by = {problem.refusal: problem.__name__ for problem in Problem.__subclasses__()}
    return Named(next(told_by[kind] for kind in type(refusal).__mro__ if kind in told_by), refusal)
