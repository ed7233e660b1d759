"""What a field costs where it is not as usual, said where it is declared and shown in the SDL as `@cost`.

The unit is a row that is read and answered; what is usual stands in gateway/plan/cost.py.
"""

import strawberry
from strawberry.schema_directive import Location


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="cost",
    description="What this costs, in rows: `weight` for each value, `size` is how many a list has as a rule.",
)
class Cost:
    weight: float | None = strawberry.directive_field(name="weight", default=strawberry.UNSET)
    size: int | None = strawberry.directive_field(name="size", default=strawberry.UNSET)


USUAL = Cost()
