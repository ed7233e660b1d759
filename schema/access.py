"""Who may see a thing, said where it is declared and shown in the SDL as `@access`.

A root field needs a scope, a signed-in actor, or nothing (`PUBLIC`); it is checked before its resolver runs. A type
says which policy decides about its rows; the policy itself is the SQL predicate beside the table. A test walks the
schema: no root field and no object type is without a declaration.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.schema_directive import Location

from datasources.actor import Actor
from schema.cost import USUAL, Cost
from schema.sharing import UNSHARED


@strawberry.schema_directive(
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    name="access",
    description="Who may see this: a scope that the token must hold, or the policy that picks the rows.",
)
class Access:
    scope: str | None = strawberry.directive_field(name="scope", default=strawberry.UNSET)
    policy: str | None = strawberry.directive_field(name="policy", default=strawberry.UNSET)

    def check(self, actor: Actor) -> None:
        """Raises: Unauthenticated, Forbidden."""
        if self.scope:
            actor.require(self.scope)
        elif self.policy == SIGNED_IN.policy:
            _ = actor.signed_in


PUBLIC = Access(policy="everyone")
SIGNED_IN = Access(policy="signed in")
INHERITED = Access(policy="as its parent")
"""For parts that cannot be reached but through a parent that is guarded: pages, amounts, results."""


def scope(name: str) -> Access:
    return Access(scope=name)


def policy(text: str) -> Access:
    """Rows are picked by a policy in SQL; `text` says it to readers: "its customer, or scope orders:read"."""
    return Access(policy=text)


def guarded(access: Access, resolver: Callable[..., Any]) -> Callable[..., Any]:
    """`resolver`, run only where the actor passes."""
    if inspect.iscoroutinefunction(resolver):

        @functools.wraps(resolver)
        async def run_async(*args: Any, info: strawberry.Info, **kwargs: Any) -> Any:
            access.check(info.context.actor)
            return await resolver(*args, info=info, **kwargs)

        return run_async

    raise TypeError(f"{resolver.__qualname__} is a root field: write it as `async def` with an `info` parameter")


def field(
    access: Access, description: str, cost: Cost = USUAL, *, shared: bool = True
) -> Callable[[Callable[..., Any]], Any]:
    """A root field: `@field(scope("orders:read"), "Orders, newest first.")`. Its first parameter is `info`.

    One that is not `shared` is resolved for each who asks (schema/sharing.py).
    """
    directives = [access, *([] if cost is USUAL else [cost]), *([] if shared else [UNSHARED])]

    def declare(resolver: Callable[..., Any]) -> Any:
        return strawberry.field(
            resolver=guarded(access, resolver),
            description=description,
            directives=directives,
            metadata={"access": access},
        )

    return declare
