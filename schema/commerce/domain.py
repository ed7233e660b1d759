"""Commerce, as it is joined to the house."""

from strawberry.tools import merge_types

from datasources.commerce.settings import CommerceSettings
from datasources.commerce.sources import open_commerce
from datasources.commerce.stores import Commerce
from schema.commerce.analytics import AnalyticsQuery
from schema.commerce.catalogue import CatalogueMutation, CatalogueQuery
from schema.commerce.customers import CustomersMutation, CustomersQuery, ErasureTooEarlyProblem
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
            CustomersQuery,
        ),
    ),
    mutation=merge_types("CommerceMutation", (CatalogueMutation, CustomersMutation)),
    types=(Refused, InputProblem, ErasureTooEarlyProblem),
)
