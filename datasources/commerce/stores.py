"""Commerce as one actor sees it: every store of the domain, with the actor's row policies in each read."""

from functools import cached_property
from typing import Any

from datasources.actor import Actor
from datasources.commerce.analytics import Analytics
from datasources.commerce.cart import Carts
from datasources.commerce.catalogue import Catalogue
from datasources.commerce.customers import Customers
from datasources.commerce.inventory import Inventory
from datasources.commerce.orders import Orders
from datasources.commerce.payments import Payments
from datasources.commerce.privacy import Privacy
from datasources.commerce.seals import Seals
from datasources.commerce.shipments import Shipments
from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import IDEMPOTENCY
from datasources.events import EventLog
from datasources.idempotency import Once
from datasources.store import store


class Commerce:
    catalogue = store(Catalogue)
    customers = store(Customers)
    seals = store(Seals)
    privacy = store(Privacy)
    inventory = store(Inventory)
    carts = store(Carts)
    analytics = store(Analytics)
    orders = store(Orders)
    payments = store(Payments)
    shipments = store(Shipments)

    def __init__(self, sources: CommerceSources, actor: Actor) -> None:
        self.sources = sources
        self.actor = actor

    @cached_property
    def events(self) -> EventLog:
        return self.sources.events(self.actor)

    def once(self, key: str, operation: str, request: Any) -> Once:
        """A keyed request of this actor: `await commerce.once(key, "placeOrder", input).do(database, effect)`."""
        return Once(IDEMPOTENCY, self.actor, self.sources.clock, key, operation, request)
