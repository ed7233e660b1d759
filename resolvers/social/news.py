"""What social does about what happens in commerce, of whose events it knows no more than their names and ids."""

from datetime import timedelta
from uuid import UUID

from datasources.events import Event
from datasources.social.notifications import NotificationKind
from datasources.social.stores import Social
from datasources.sql import Transaction
from resolvers.context import Context
from resolvers.social.privacy import erase_in
from resolvers.social.telling import tell

ORDER_NEWS = frozenset({"order.shipped", "order.cancelled", "order.refunded"})
OLD = timedelta(days=7)
ERASURES = frozenset({"customer.erased"})


async def tell_of_order(context: Context, transaction: Transaction, event: Event) -> None:
    """Tells the customer, who may have no profile, what became of an order; once, as its consumer sees to it.

    What is older is no news: a consumer that begins reads all that commerce keeps.
    """
    if context.clock() - event.at > OLD:
        return
    social, customer, status = context.of(Social), event.owner, event.type.partition(".")[2]
    if customer is not None and await social.notifications.has_profile(transaction, customer):
        what = {"order_id": event.subject, "status": status}
        await tell(social, transaction, customer, NotificationKind.ORDER, event.subject, _moment(event), **what)


async def forget_person(context: Context, transaction: Transaction, event: Event) -> None:
    """Who is erased there is erased here."""
    await erase_in(context, transaction, event.subject)


def _moment(event: Event) -> UUID | str:
    """An order may be refunded more than once."""
    return ".".join(map(str, event.position))
