"""Social as one actor sees it."""

from datasources.social.feed import Feed
from datasources.social.messages import Messages
from datasources.social.moderation import Moderation
from datasources.social.notifications import Notifications
from datasources.social.posts import Posts
from datasources.social.privacy import Privacy
from datasources.social.profiles import Profiles
from datasources.social.recommendations import Recommendations
from datasources.social.reviews import Reviews
from datasources.social.sources import SocialSources
from datasources.social.tables import IDEMPOTENCY
from datasources.store import DomainStores, store


class Social(DomainStores[SocialSources]):
    keys = IDEMPOTENCY

    profiles = store(Profiles)
    posts = store(Posts)
    reviews = store(Reviews)
    feed = store(Feed)
    messages = store(Messages)
    notifications = store(Notifications)
    recommendations = store(Recommendations)
    moderation = store(Moderation)
    privacy = store(Privacy)
