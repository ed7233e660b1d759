"""Commerce, as it is joined to the house."""

from strawberry.tools import merge_types

from datasources.commerce.settings import CommerceSettings
from datasources.commerce.sources import open_commerce
from datasources.commerce.stores import Commerce
from schema.commerce.analytics import AnalyticsQuery
from schema.commerce.cart import CartMutation, CartQuery
from schema.commerce.catalogue import CatalogueMutation, CatalogueQuery
from schema.commerce.customers import CustomersMutation, CustomersQuery, ErasureTooEarlyProblem
from schema.commerce.inventory import InventoryMutation, InventoryQuery, OutOfStockProblem, StockReservedProblem
from schema.commerce.rates import RatesQuery
from schema.domain import Domain
from schema.problems import InputProblem, Refused

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
            RatesQuery,
        ),
    ),
    mutation=merge_types("CommerceMutation", (CatalogueMutation, CartMutation, CustomersMutation, InventoryMutation)),
    types=(Refused, InputProblem, OutOfStockProblem, StockReservedProblem, ErasureTooEarlyProblem),
)
