"""The feed."""

from datetime import datetime
from typing import Any

import strawberry

from loaders.social import SocialLoaders
from resolvers.social import feed
from schema import access
from schema.access import INHERITED, SIGNED_IN
from schema.connection import PageInfo
from schema.fields import edge
from schema.social.posts import Post


@strawberry.type(description="A post in your feed, and why it is there.", directives=[INHERITED])
class FeedEntry:
    post: Post | None = edge(SocialLoaders.post_by_id, key="post_id", description="Null where it has just gone.")
    recommended: bool = strawberry.field(description="Whether you do not follow its author.")
    ranked_at: datetime = strawberry.field(
        description="When it was written; of a recommended one half a day earlier. The latest comes first."
    )


@strawberry.type(description="One page of your feed.", directives=[INHERITED])
class Feed:
    nodes: list[FeedEntry]
    page_info: PageInfo


@strawberry.type
class FeedQuery:
    @access.field(
        SIGNED_IN,
        "Posts of those whom you follow, and of a few people who are recommended. Its pages go on with what there was "
        "when the first one was asked for; `after` is its `endCursor`.",
    )
    async def feed(self, info: strawberry.Info, first: int = 20, after: str | None = None) -> Feed | None:
        page: Any = await feed.get_feed(info.context, first, after)
        return page
