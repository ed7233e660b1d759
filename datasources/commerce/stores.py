"""Commerce as one actor sees it: every store of the domain, with the actor's row policies in each read."""

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
from datasources.commerce.tables import EVENTS, IDEMPOTENCY
from datasources.events import EventLog
from datasources.idempotency import Once


class Commerce:
    def __init__(self, sources: CommerceSources, actor: Actor) -> None:
        self.sources = sources
        self._actor = actor
        self.events = EventLog(EVENTS, actor, sources.clock)
        self.catalogue = Catalogue(sources, actor)
        self.customers = Customers(sources, actor)
        self.seals = Seals(sources, actor)
        self.privacy = Privacy(sources, actor)
        self.inventory = Inventory(sources, actor)
        self.carts = Carts(sources, actor)
        self.analytics = Analytics(sources, actor)
        self.orders = Orders(sources, actor)
        self.payments = Payments(sources, actor)
        self.shipments = Shipments(sources, actor)

    def once(self, key: str, operation: str, request: Any) -> Once:
        """A keyed request of this actor: `await commerce.once(key, "placeOrder", input).do(database, effect)`."""
        return Once(IDEMPOTENCY, self._actor, self.sources.clock, key, operation, request)
