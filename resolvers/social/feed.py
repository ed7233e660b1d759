"""The feed of whoever asks."""

from datasources.pages import Page, PageArguments
from datasources.social.feed import Place
from datasources.social.stores import Social
from loaders.social import SocialLoaders
from resolvers.context import Context


async def get_feed(context: Context, first: int, after: str | None) -> Page:
    """Its first page is of now; the others go on where their cursor says. Raises: Unauthenticated, InvalidInput."""
    feed, me = context.of(Social).feed, context.actor.signed_in
    asked = PageArguments(first, after)
    if after is not None:
        return await feed.page(feed.place(after), asked)
    recommended = await context.loaders.load(SocialLoaders.recommended, me)
    return await feed.page(Place.first(context.clock(), recommended.people), asked)
