"""Commerce as one actor sees it."""

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
from datasources.store import DomainStores, store


class Commerce(DomainStores[CommerceSources]):
    keys = IDEMPOTENCY

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
