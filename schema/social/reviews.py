"""Reviews. Which product one is of, and who may write one, is said in `schema/links`."""

from datetime import datetime
from typing import Any

import strawberry

from datasources.errors import InvalidInput, NotFound
from datasources.social.errors import NoProfile
from loaders.social import SocialLoaders
from resolvers.social import reviews
from resolvers.social.reviews import NewReview
from schema.access import INHERITED, PUBLIC, SIGNED_IN, policy
from schema.fields import computed, edge, root
from schema.node import Node, global_id, id_of, uuid_of
from schema.problems import Problem, mutation, payload
from schema.social.profiles import DeletedPayload, Profile


@strawberry.type(
    description="What somebody thinks of a product that they have bought.",
    directives=[policy("everyone, unless blocks or moderation hide it")],
)
class Review(Node, batch=SocialLoaders.review_by_id):
    author: Profile | None = edge(
        SocialLoaders.profile_by_id, key="author_id", description="Null where they have just gone."
    )
    stars: int = strawberry.field(description="1 to 5, the more the better.")
    text: str
    created_at: datetime
    edited_at: datetime | None = strawberry.field(description="Null where it is as it was written.")
    hidden_at: datetime | None = strawberry.field(
        description="When moderation hid it from all but its author; null where it did not."
    )


def _mean(stars: int, count: int) -> float:
    return round(stars / count, 2)


@strawberry.type(description="All reviews of a product that you may see, in two numbers.", directives=[INHERITED])
class ReviewSummary:
    count: int
    stars: float = computed(_mean, "stars", "count", description="The mean, 1 to 5, to two decimals.")


@strawberry.type
class ReviewsQuery:
    review: Review | None = root(
        SocialLoaders.review_by_id,
        PUBLIC,
        "The review with this id; null where there is none, or none that you may see.",
        key=id_of("Review"),
    )


@strawberry.input(description="What you think of a product.")
class WriteReviewInput:
    product_id: strawberry.ID
    stars: int = strawberry.field(description="1 to 5.")
    text: str
    idempotency_key: str = strawberry.field(description="New for each time; a repeat changes nothing more.")

    def value(self) -> NewReview:
        """Raises: InvalidInput."""
        return NewReview(uuid_of(self.product_id, "Product", "productId"), self.stars, self.text)


@strawberry.input(description="Which review of yours to delete.")
class DeleteReviewInput:
    review_id: strawberry.ID


@strawberry.type(description="The review, or why it was refused.", directives=[INHERITED])
class ReviewPayload:
    review: Review | None = None
    problem: Problem | None = None


@strawberry.type
class ReviewsMutation:
    @mutation(SIGNED_IN, "Deletes a review of yours.", InvalidInput, NoProfile, NotFound)
    async def delete_review(self, info: strawberry.Info, input: DeleteReviewInput) -> DeletedPayload | None:
        async def delete() -> Any:
            id = uuid_of(input.review_id, "Review", "reviewId")
            return global_id("Review", await reviews.delete_review(info.context, id))

        return await payload(DeletedPayload, deleted_id=delete)
