"""Posts, with what is said of them: comments and reactions."""

from datetime import datetime
from typing import Annotated

import strawberry

from datasources.errors import InvalidInput, KeyReused, NotFound
from datasources.social.errors import NoProfile
from datasources.social.posts import ReactionKind, Visibility
from loaders.social import SocialLoaders
from resolvers.social import posts
from resolvers.social.posts import MAX_PRODUCTS, NewPost
from schema.access import INHERITED, PUBLIC, SIGNED_IN, policy
from schema.connection import Connection
from schema.cost import Cost
from schema.enums import told
from schema.fields import edge, edge_page, root, root_page
from schema.node import Node, global_id, id_of, uuid_of
from schema.problems import Problem, mutation, payload
from schema.social.profiles import DeletedPayload, Profile, text_of

told(
    Visibility,
    "Who sees a post.",
    name="PostVisibility",
    PUBLIC="Everybody; where its author is private, their followers.",
    FOLLOWERS="The followers of its author.",
    ME="Its author alone.",
)
told(ReactionKind, "What people think of a post.")
_AUTHOR = "Null where they have just gone."


@strawberry.type(description="How many reactions of one kind a post has.", directives=[INHERITED])
class ReactionCount:
    kind: ReactionKind
    count: int = strawberry.field(description="Of those that you may see.")


@strawberry.type(description="A product that a post shows.", directives=[INHERITED])
class PostProduct:
    position: int = strawberry.field(description="From 1, in the author's order.")


@strawberry.type(
    description="What somebody has to say.",
    directives=[policy("its author, and whom its visibility and its author's followers and blocks let see it")],
)
class Post(Node, batch=SocialLoaders.post_by_id):
    author: Profile | None = edge(SocialLoaders.profile_by_id, key="author_id", description=_AUTHOR)
    text: str
    visibility: Visibility
    created_at: datetime
    edited_at: datetime | None = strawberry.field(description="Null where it is as it was written.")
    hidden_at: datetime | None = strawberry.field(
        description="When moderation hid it from all but its author; null where it did not."
    )
    mentions: list[Profile] = edge(
        SocialLoaders.mentioned_by_post,
        key="id",
        cost=Cost(size=2),
        description="Whom it mentions, by handle; those that you may see.",
    )
    products: list[PostProduct] = edge(
        SocialLoaders.products_by_post, key="id", cost=Cost(size=2), description="What it shows."
    )
    comments: Connection[Annotated["Comment", strawberry.lazy("schema.social.posts")]] = edge_page(
        SocialLoaders.comments_by_post, key="id", description="The oldest first; those that you may see."
    )
    reactions: list[ReactionCount] = edge(
        SocialLoaders.reactions_by_post,
        key="id",
        cost=Cost(size=3),
        description="By kind; kinds without any are not there.",
    )
    my_reaction: ReactionKind | None = edge(
        SocialLoaders.own_reaction, key="id", description="Your own; null where you have none."
    )


@strawberry.type(
    description="What somebody says to a post.",
    directives=[policy("who sees the post, unless blocks or moderation hide it")],
)
class Comment(Node, batch=SocialLoaders.comment_by_id):
    post: Post | None = edge(SocialLoaders.post_by_id, key="post_id", description="Null where it has just gone.")
    author: Profile | None = edge(SocialLoaders.profile_by_id, key="author_id", description=_AUTHOR)
    text: str
    created_at: datetime
    hidden_at: datetime | None = strawberry.field(
        description="When moderation hid it from all but its author; null where it did not."
    )


@strawberry.type
class PostsQuery:
    post: Post | None = root(
        SocialLoaders.post_by_id,
        PUBLIC,
        "The post with this id; null where there is none, or none that you may see.",
        key=id_of("Post"),
    )
    search_posts: Connection[Post] | None = root_page(
        SocialLoaders.found_posts,
        PUBLIC,
        "Posts that you may see and that have all words of the text, the best match first; the last word may be "
        "unfinished.",
        arguments=text_of,
    )


@strawberry.input(description="A new post.")
class CreatePostInput:
    text: str = strawberry.field(description="People are mentioned by @handle, those that you see.")
    visibility: Visibility = Visibility.PUBLIC
    product_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description=f"What it shows, {MAX_PRODUCTS} at most."
    )
    idempotency_key: str = strawberry.field(description="New for each post; a repeat adds nothing more.")

    def value(self) -> NewPost:
        """Raises: InvalidInput."""
        products = [uuid_of(id, "Product", "productIds") for id in self.product_ids]
        return NewPost(self.text, self.visibility, tuple(products))


@strawberry.input(description="What to change of a post of yours; what is left out stays.")
class ChangePostInput:
    post_id: strawberry.ID
    text: str | None = None
    visibility: Visibility | None = None


@strawberry.input(description="Which post of yours to delete.")
class DeletePostInput:
    post_id: strawberry.ID


@strawberry.input(description="What to say to a post.")
class CreateCommentInput:
    post_id: strawberry.ID
    text: str = strawberry.field(description="People are mentioned by @handle, those that you see.")
    idempotency_key: str = strawberry.field(description="New for each comment; a repeat adds nothing more.")


@strawberry.input(description="Which comment of yours to delete.")
class DeleteCommentInput:
    comment_id: strawberry.ID


@strawberry.input(description="What you think of a post.")
class ReactInput:
    post_id: strawberry.ID
    kind: ReactionKind | None = strawberry.field(
        default=None, description="Instead of what you said; null takes it back."
    )


@strawberry.type(description="The post as it is now, or why it was refused.", directives=[INHERITED])
class PostPayload:
    post: Post | None = None
    problem: Problem | None = None


@strawberry.type(description="The comment, or why it was refused.", directives=[INHERITED])
class CommentPayload:
    comment: Comment | None = None
    problem: Problem | None = None


@strawberry.type
class PostsMutation:
    @mutation(SIGNED_IN, "Posts.", InvalidInput, NoProfile, NotFound, KeyReused)
    async def create_post(self, info: strawberry.Info, input: CreatePostInput) -> PostPayload | None:
        return await payload(
            PostPayload, post=lambda: posts.create_post(info.context, input.value(), input.idempotency_key)
        )

    @mutation(SIGNED_IN, "Changes a post of yours.", InvalidInput, NoProfile, NotFound)
    async def change_post(self, info: strawberry.Info, input: ChangePostInput) -> PostPayload | None:
        return await payload(
            PostPayload,
            post=lambda: posts.change_post(
                info.context, uuid_of(input.post_id, "Post", "postId"), input.text, input.visibility
            ),
        )

    @mutation(SIGNED_IN, "Deletes a post of yours, with all that was said to it.", InvalidInput, NotFound)
    async def delete_post(self, info: strawberry.Info, input: DeletePostInput) -> DeletedPayload | None:
        async def delete() -> str:
            id = uuid_of(input.post_id, "Post", "postId")
            return global_id("Post", await posts.delete_post(info.context, id))

        return await payload(DeletedPayload, deleted_id=delete)

    @mutation(SIGNED_IN, "Says something to a post.", InvalidInput, NoProfile, NotFound, KeyReused)
    async def create_comment(self, info: strawberry.Info, input: CreateCommentInput) -> CommentPayload | None:
        return await payload(
            CommentPayload,
            comment=lambda: posts.create_comment(
                info.context, uuid_of(input.post_id, "Post", "postId"), input.text, input.idempotency_key
            ),
        )

    @mutation(SIGNED_IN, "Deletes a comment of yours.", InvalidInput, NotFound)
    async def delete_comment(self, info: strawberry.Info, input: DeleteCommentInput) -> DeletedPayload | None:
        async def delete() -> str:
            id = uuid_of(input.comment_id, "Comment", "commentId")
            return global_id("Comment", await posts.delete_comment(info.context, id))

        return await payload(DeletedPayload, deleted_id=delete)

    @mutation(
        SIGNED_IN, "Says what you think of a post, in a word, or takes it back.", InvalidInput, NoProfile, NotFound
    )
    async def react(self, info: strawberry.Info, input: ReactInput) -> PostPayload | None:
        return await payload(
            PostPayload,
            post=lambda: posts.react(info.context, uuid_of(input.post_id, "Post", "postId"), input.kind),
        )
