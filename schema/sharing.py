"""What must be executed for each who asks, said where it is declared and shown in the SDL as `@unshared`.

All else of a query depends on the actor, the variables and the data of that moment alone: so identical queries that one
actor sends at once are executed once. Mutations never share.
"""

from collections.abc import Sequence

import strawberry
from strawberry.schema_directive import Location


@strawberry.schema_directive(
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    name="unshared",
    description="It is worked out anew for each request, even where you send the same query twice at once.",
)
class Unshared:
    pass


UNSHARED = Unshared()
"""For a field that has an effect, or is different each time; for a type whose every field is so."""


def is_shared(directives: Sequence[object]) -> bool:
    """Whether a field or type with these directives may be executed once for many."""
    return not any(isinstance(one, Unshared) for one in directives)
