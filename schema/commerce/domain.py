"""Commerce, as it is joined to the house."""

from strawberry.tools import merge_types

from datasources.commerce.people import person_by_email
from datasources.commerce.sample.fill import fill
from datasources.commerce.seals import wrong_key
from datasources.commerce.settings import CommerceSettings
from datasources.commerce.sources import open_commerce
from datasources.commerce.stores import Commerce
from resolvers.background import Background
from resolvers.commerce.receiving import GOODS_RECEIVED, receive_goods
from resolvers.commerce.reencryption import reseal
from resolvers.commerce.settling import settle
from resolvers.consumers import Consumer
from resolvers.sweeping import KEPT, sweeping
from schema.commerce import webhooks
from schema.commerce.analytics import AnalyticsQuery
from schema.commerce.cart import CartMutation, CartQuery
from schema.commerce.catalogue import CatalogueMutation, CatalogueQuery
from schema.commerce.customers import CustomersMutation, CustomersQuery, ErasureTooEarlyProblem
from schema.commerce.events import (
    CartEvent,
    CommerceSubscription,
    CustomerEvent,
    OrderEvent,
    ProductEvent,
    StockEvent,
)
from schema.commerce.inventory import InventoryMutation, InventoryQuery, OutOfStockProblem, StockReservedProblem
from schema.commerce.orders import InvalidMoveProblem, OrdersMutation, OrdersQuery
from schema.commerce.payments import PaymentDeclinedProblem
from schema.commerce.rates import RatesQuery
from schema.domain import Domain, Sample

SETTLE_EVERY_S = 60.0

COMMERCE = Domain(
    name="commerce",
    settings=CommerceSettings,
    open=open_commerce,
    stores=Commerce,
    query=merge_types(
        "CommerceQuery",
        (
            AnalyticsQuery,
            CatalogueQuery,
            CartQuery,
            CustomersQuery,
            InventoryQuery,
            OrdersQuery,
            RatesQuery,
        ),
    ),
    mutation=merge_types(
        "CommerceMutation",
        (
            CatalogueMutation,
            CartMutation,
            CustomersMutation,
            InventoryMutation,
            OrdersMutation,
        ),
    ),
    subscription=CommerceSubscription,
    types=(
        OrderEvent,
        StockEvent,
        ProductEvent,
        CustomerEvent,
        CartEvent,
        OutOfStockProblem,
        StockReservedProblem,
        ErasureTooEarlyProblem,
        PaymentDeclinedProblem,
        InvalidMoveProblem,
    ),
    routes=webhooks.routes,
    background=(
        Background("settling payments", SETTLE_EVERY_S, settle),
        sweeping(
            "forgetting old keys and events",
            Commerce,
            lambda commerce, transaction, now: commerce.payments.records.forget_events(transaction, now - KEPT),
        ),
    ),
    consumers=(Consumer("goods received", "enterprise", GOODS_RECEIVED, receive_goods),),
    sample=Sample(
        fill=fill,
        people=("ada@example.com", "bo@example.com", "admin@example.com", "support@example.com"),
        query="{ me { name addresses { city country } } products(first: 3) { nodes { name category { name } } } }",
    ),
    person=person_by_email,
    webhook=lambda own: ("/webhooks/payments", own.payments_webhook_secret.get_secret_value()),
    reseal=reseal,
    wrong_key=wrong_key,
)
