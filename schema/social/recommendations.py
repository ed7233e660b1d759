"""Whom you may like; what you may like is said in `schema/links`."""

from typing import Any

import strawberry

from datasources.social.recommendations import MOST, RecommendedBy
from resolvers.social import recommendations
from schema import access
from schema.access import INHERITED, SIGNED_IN
from schema.cost import Cost
from schema.enums import told
from schema.social.profiles import Profile

told(
    RecommendedBy,
    "Who recommends.",
    SERVICE="The recommendation service.",
    OURSELVES="We, as the service did not answer: who is followed by those whom you follow, what was bought together.",
)


@strawberry.type
class Recommended:
    by: RecommendedBy


@strawberry.type(description="People whom you may like to follow.", directives=[INHERITED])
class RecommendedPeople(Recommended):
    nodes: list[Profile] = strawberry.field(description="The best first.", directives=[Cost(size=MOST)])


@strawberry.type
class RecommendationsQuery:
    @access.field(SIGNED_IN, f"People whom you may like to follow, {MOST} at most.")
    async def recommended_people(self, info: strawberry.Info) -> RecommendedPeople | None:
        found: Any = await recommendations.recommended_people(info.context)
        return found
