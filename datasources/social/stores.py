"""Social as one actor sees it: every store of the domain, with the actor's row policies in each read."""

from functools import cached_property
from typing import Any

from datasources.actor import Actor
from datasources.events import EventLog
from datasources.idempotency import Once
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
from datasources.social.tables import EVENTS, IDEMPOTENCY
from datasources.store import store


class Social:
    profiles = store(Profiles)
    posts = store(Posts)
    reviews = store(Reviews)
    feed = store(Feed)
    messages = store(Messages)
    notifications = store(Notifications)
    recommendations = store(Recommendations)
    moderation = store(Moderation)
    privacy = store(Privacy)

    def __init__(self, sources: SocialSources, actor: Actor) -> None:
        self.sources = sources
        self.actor = actor

    @cached_property
    def events(self) -> EventLog:
        return EventLog(EVENTS, self.actor, self.sources.clock, self.sources.tail.wakes.ring)

    def once(self, key: str, operation: str, request: Any) -> Once:
        """A keyed request of this actor: `await social.once(key, "createPost", input).do(database, effect)`."""
        return Once(IDEMPOTENCY, self.actor, self.sources.clock, key, operation, request)
