"""What is bought, and what is said of it."""

from collections.abc import Mapping
from typing import Any

import strawberry

from datasources.commerce.people import known, person_by_email
from datasources.commerce.stores import Commerce
from datasources.errors import InvalidInput, KeyReused, NotFound
from datasources.social.errors import NoProfile, NotBought
from datasources.social.recommendations import MOST
from datasources.social.sample.fill import Outside
from datasources.social.sample.fill import fill as fill_social
from datasources.social.stores import Social
from loaders.commerce import CommerceLoaders
from loaders.social import SocialLoaders
from resolvers.commerce.orders import bought_together, has_received
from resolvers.social import recommendations, reviews
from schema import access
from schema.access import INHERITED, SIGNED_IN
from schema.commerce.catalogue import Product
from schema.commerce.customers import Customer
from schema.commerce.orders import Order
from schema.connection import Connection
from schema.cost import Cost
from schema.domain import Links
from schema.fields import edge, edge_page
from schema.links.linked import linked
from schema.problems import mutation, payload
from schema.social.notifications import Notification
from schema.social.posts import Post, PostProduct
from schema.social.profiles import Profile
from schema.social.recommendations import Recommended
from schema.social.reviews import Review, ReviewPayload, ReviewSummary, WriteReviewInput


@linked(Product)
class ProductLinks:
    posts: Connection[Post] = edge_page(
        SocialLoaders.posts_by_product,
        key="id",
        description="Posts that show it, the newest first; those that you see.",
    )
    reviews: Connection[Review] = edge_page(
        SocialLoaders.reviews_by_product, key="id", description="The newest first; those that you may see."
    )
    review_summary: ReviewSummary | None = edge(
        SocialLoaders.review_summary, key="id", description="Null where there are no reviews that you may see."
    )


@linked(Customer)
class CustomerLinks:
    profile: Profile | None = edge(
        SocialLoaders.profile_by_id, key="id", description="Null where there is none, or none that you may see."
    )


@linked(PostProduct)
class PostProductLinks:
    product: Product | None = edge(
        CommerceLoaders.product_by_id, key="product_id", description="With its price and stock as they are now."
    )


@linked(Review)
class ReviewLinks:
    product: Product | None = edge(CommerceLoaders.product_by_id, key="product_id", description="What it is about.")


@linked(Notification)
class NotificationLinks:
    order: Order | None = edge(
        CommerceLoaders.order_by_id, key="order_id", description="What it is about; null where that is no order."
    )


@strawberry.type(description="Products that you may like.", directives=[INHERITED])
class RecommendedProducts(Recommended):
    nodes: list[Product] = strawberry.field(description="The best first.", directives=[Cost(size=MOST)])


@strawberry.type
class LinksQuery:
    @access.field(SIGNED_IN, f"Products that you may like, {MOST} at most.")
    async def recommended_products(self, info: strawberry.Info) -> RecommendedProducts | None:
        by_id = CommerceLoaders.product_by_id
        found: Any = await recommendations.recommended_products(info.context, by_id, bought_together)
        return found


@strawberry.type
class LinksMutation:
    @mutation(
        SIGNED_IN,
        "Reviews a product that was sent to you, once or anew: there is one review of yours of each.",
        InvalidInput,
        NoProfile,
        NotBought,
        NotFound,
        KeyReused,
    )
    async def write_review(self, info: strawberry.Info, input: WriteReviewInput) -> ReviewPayload | None:
        return await payload(
            ReviewPayload,
            review=lambda: reviews.write_review(info.context, input.value(), input.idempotency_key, has_received),
        )


async def fill(sources: Mapping[type, Any], **options: Any) -> bool:
    """Sample profiles for the sample customers, who talk of the sample products."""
    there = await known(sources[Commerce])
    named = {
        person.signed_in: handle
        for handle in ("ada", "bo")
        if (person := await person_by_email(sources[Commerce], f"{handle}@example.com"))
    }
    people = [*named, *(id for id in there.customers if id not in named)]
    return await fill_social(sources[Social], Outside(people, named, there.products, there.bought), **options)


LINKS = Links(between=("commerce", "social"), query=LinksQuery, mutation=LinksMutation, fill=fill)
