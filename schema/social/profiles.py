"""Profiles, and who follows or blocks whom."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from datasources.errors import InvalidInput, NotFound
from datasources.social.errors import HandleTaken, NoProfile
from datasources.social.profiles import Relation
from loaders.social import SocialLoaders
from resolvers.social import privacy, profiles
from resolvers.social.profiles import ProfileValues
from schema import access
from schema.access import INHERITED, PUBLIC, SIGNED_IN, policy
from schema.connection import Connection
from schema.enums import told
from schema.fields import edge, edge_page, root, root_page
from schema.node import Node, global_id, id_of, uuid_of
from schema.problems import Problem, mutation, payload

if TYPE_CHECKING:
    from schema.social.posts import Post
    from schema.social.reviews import Review

told(
    Relation,
    "How you stand to a profile.",
    name="FollowState",
    NONE="You do not follow it.",
    REQUESTED="You have asked to, and it has not said yes.",
)


@strawberry.type(
    description="Who somebody is to others. The id is that of the person: it stays when the handle changes.",
    directives=[policy("everyone, unless one of the two has blocked the other")],
)
class Profile(Node, batch=SocialLoaders.profile_by_id):
    handle: str = strawberry.field(description="Unique, in lower case; mentioned as @handle.")
    name: str
    bio: str = strawberry.field(description="Perhaps empty.")
    private: bool = strawberry.field(description="Whether it approves who follows it, and shows posts to these alone.")
    created_at: datetime
    follow_state: Relation = edge(SocialLoaders.relation, key="id", description="Whether you follow it.")
    followers: Connection[Annotated["Profile", strawberry.lazy("schema.social.profiles")]] = edge_page(
        SocialLoaders.followers, key="id", description="The newest first; those that you may see."
    )
    following: Connection[Annotated["Profile", strawberry.lazy("schema.social.profiles")]] = edge_page(
        SocialLoaders.following, key="id", description="Whom it follows, the newest first; those that you may see."
    )
    posts: Connection[Annotated["Post", strawberry.lazy("schema.social.posts")]] = edge_page(
        SocialLoaders.posts_by_author, key="id", description="The newest first; those that you may see."
    )
    reviews: Connection[Annotated["Review", strawberry.lazy("schema.social.reviews")]] = edge_page(
        SocialLoaders.reviews_by_author, key="id", description="The newest first."
    )


def _by_handle(handle: str) -> str:
    return handle.removeprefix("@").lower()


def text_of(text: str) -> dict[str, Any]:
    """What searches take."""
    return {"text": text}


@strawberry.type
class ProfilesQuery:
    @access.field(SIGNED_IN, "Your own profile; null where you have none yet.")
    async def my_profile(self, info: strawberry.Info) -> Profile | None:
        return await profiles.get_mine(info.context)

    profile: Profile | None = root(
        SocialLoaders.profile_by_id,
        PUBLIC,
        "The profile with this id; null where there is none, or none that you may see.",
        key=id_of("Profile"),
    )
    profile_by_handle: Profile | None = root(
        SocialLoaders.profile_by_handle,
        PUBLIC,
        "The profile with this handle, in any case; null where there is none, or none that you may see.",
        key=_by_handle,
    )
    search_profiles: Connection[Profile] | None = root_page(
        SocialLoaders.found_profiles,
        PUBLIC,
        "Profiles that have all words of the text in handle, name or bio, the best match first; the last word may be "
        "unfinished.",
        arguments=text_of,
    )
    follow_requests: Connection[Profile] | None = root_page(
        SocialLoaders.follow_requests, SIGNED_IN, "Who waits for you to let them follow you, the newest first."
    )
    blocked_profiles: Connection[Profile] | None = root_page(
        SocialLoaders.blocked, SIGNED_IN, "Whom you have blocked, the newest first: they are seen nowhere else."
    )


@strawberry.input(description="Who you are to others.")
class CreateProfileInput:
    handle: str = strawberry.field(description="3 to 30 of a-z, 0-9 and _; unique, and in lower case.")
    name: str
    bio: str = ""
    private: bool = strawberry.field(default=False, description="Whether you approve who follows you.")


@strawberry.input(description="What to change of your profile; what is left out stays.")
class ChangeProfileInput:
    handle: str | None = None
    name: str | None = None
    bio: str | None = strawberry.field(default=None, description="Empty to remove it.")
    private: bool | None = strawberry.field(
        default=None, description="Who waits for you is let in when you become public."
    )


@strawberry.input(description="Whose profile it is about.")
class OtherProfileInput:
    profile_id: strawberry.ID = strawberry.field(description="Not your own.")

    def value(self) -> Any:
        """Raises: InvalidInput."""
        return uuid_of(self.profile_id, "Profile", "profileId")


@strawberry.type(description="The profile as it is now, or why it was refused.", directives=[INHERITED])
class ProfilePayload:
    profile: Profile | None = None
    problem: Problem | None = None


@strawberry.type(description="The id of what is gone, or why it was refused.", directives=[INHERITED])
class DeletedPayload:
    deleted_id: strawberry.ID | None = None
    problem: Problem | None = None


@strawberry.type
class ProfilesMutation:
    @mutation(
        SIGNED_IN, "Makes your profile; where you have one, it stays as it is.", InvalidInput, HandleTaken, NotFound
    )
    async def create_profile(self, info: strawberry.Info, input: CreateProfileInput) -> ProfilePayload | None:
        values = ProfileValues(input.handle, input.name, input.bio, input.private)
        return await payload(ProfilePayload, profile=lambda: profiles.create_profile(info.context, values))

    @mutation(SIGNED_IN, "Changes your profile.", InvalidInput, HandleTaken, NoProfile)
    async def change_profile(self, info: strawberry.Info, input: ChangeProfileInput) -> ProfilePayload | None:
        values = ProfileValues(input.handle, input.name, input.bio, input.private)
        return await payload(ProfilePayload, profile=lambda: profiles.change_profile(info.context, values))

    @mutation(SIGNED_IN, "Erases your profile and all that you wrote, for ever; what you bought stays.", NotFound)
    async def delete_profile(self, info: strawberry.Info) -> DeletedPayload | None:
        async def delete() -> str:
            return global_id("Profile", await privacy.delete_profile(info.context))

        return await payload(DeletedPayload, deleted_id=delete)

    @mutation(SIGNED_IN, "Follows a profile; a private one has to say yes.", InvalidInput, NotFound, NoProfile)
    async def follow(self, info: strawberry.Info, input: OtherProfileInput) -> ProfilePayload | None:
        return await payload(ProfilePayload, profile=lambda: profiles.follow(info.context, input.value()))

    @mutation(SIGNED_IN, "Ends following, or the wish to follow.", InvalidInput, NotFound, NoProfile)
    async def unfollow(self, info: strawberry.Info, input: OtherProfileInput) -> ProfilePayload | None:
        return await payload(ProfilePayload, profile=lambda: profiles.unfollow(info.context, input.value()))

    @mutation(SIGNED_IN, "Lets somebody follow you who has asked.", InvalidInput, NotFound, NoProfile)
    async def accept_follower(self, info: strawberry.Info, input: OtherProfileInput) -> ProfilePayload | None:
        return await payload(ProfilePayload, profile=lambda: profiles.accept_follower(info.context, input.value()))

    @mutation(SIGNED_IN, "Refuses who asked to follow you, or ends their following.", InvalidInput, NotFound, NoProfile)
    async def remove_follower(self, info: strawberry.Info, input: OtherProfileInput) -> ProfilePayload | None:
        return await payload(ProfilePayload, profile=lambda: profiles.remove_follower(info.context, input.value()))

    @mutation(
        SIGNED_IN,
        "Hides you and a profile from each other, everywhere. Your own profile is what comes back.",
        InvalidInput,
        NotFound,
        NoProfile,
    )
    async def block_profile(self, info: strawberry.Info, input: OtherProfileInput) -> ProfilePayload | None:
        return await payload(ProfilePayload, profile=lambda: profiles.block(info.context, input.value()))

    @mutation(
        SIGNED_IN,
        "Ends a block of yours; nobody follows anybody by that. Your own profile is what comes back.",
        InvalidInput,
        NotFound,
        NoProfile,
    )
    async def unblock_profile(self, info: strawberry.Info, input: OtherProfileInput) -> ProfilePayload | None:
        return await payload(ProfilePayload, profile=lambda: profiles.unblock(info.context, input.value()))
