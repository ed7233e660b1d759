"""Social, as it is joined to the house."""

from strawberry.tools import merge_types

from datasources.social.settings import SocialSettings
from datasources.social.sources import open_social
from datasources.social.stores import Social
from resolvers.consumers import Consumer
from resolvers.social import privacy
from resolvers.social.news import ERASURES, ORDER_NEWS, forget_person, tell_of_order
from resolvers.sweeping import sweeping
from schema.domain import Domain
from schema.social.events import (
    CommentEvent,
    ConversationEvent,
    MessageEvent,
    NotificationEvent,
    PostEvent,
    ProfileEvent,
    ReportEvent,
    ReviewEvent,
    SocialSubscription,
)
from schema.social.feed import FeedQuery
from schema.social.messages import MessagesMutation, MessagesQuery
from schema.social.moderation import ModerationMutation, ModerationQuery
from schema.social.notifications import NotificationsMutation, NotificationsQuery
from schema.social.posts import PostsMutation, PostsQuery
from schema.social.profiles import ProfilesMutation, ProfilesQuery
from schema.social.recommendations import RecommendationsQuery
from schema.social.reviews import ReviewsMutation, ReviewsQuery

SOCIAL = Domain(
    name="social",
    settings=SocialSettings,
    open=open_social,
    stores=Social,
    query=merge_types(
        "SocialQuery",
        (
            ProfilesQuery,
            PostsQuery,
            ReviewsQuery,
            FeedQuery,
            MessagesQuery,
            NotificationsQuery,
            RecommendationsQuery,
            ModerationQuery,
        ),
    ),
    mutation=merge_types(
        "SocialMutation",
        (
            ProfilesMutation,
            PostsMutation,
            ReviewsMutation,
            MessagesMutation,
            NotificationsMutation,
            ModerationMutation,
        ),
    ),
    subscription=SocialSubscription,
    types=(
        ProfileEvent,
        PostEvent,
        CommentEvent,
        ReviewEvent,
        ConversationEvent,
        MessageEvent,
        NotificationEvent,
        ReportEvent,
    ),
    background=(sweeping("forgetting old keys and events of social", Social),),
    dossier=privacy.export,
    consumers=(
        Consumer("order news", "commerce", ORDER_NEWS, tell_of_order),
        Consumer("erasures", "commerce", ERASURES, forget_person),
    ),
)
