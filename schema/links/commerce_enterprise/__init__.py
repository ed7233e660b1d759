"""The company behind the shop."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from strawberry.tools import merge_types

from datasources.commerce.people import buyers
from datasources.commerce.shipped import shipped
from datasources.commerce.stocked import best_sold
from datasources.commerce.stores import Commerce
from datasources.enterprise.sample.crm import MOST_CONTACTS, fill_crm
from datasources.enterprise.sample.invoices import INVOICED, fill_invoices
from datasources.enterprise.sample.supply import MOST_PLACES, SOLD_DAYS, fill_supply
from datasources.enterprise.stores import Enterprise
from schema.domain import Links
from schema.links.commerce_enterprise.crm import CrmLinksMutation
from schema.links.commerce_enterprise.invoices import InvoiceLinksMutation
from schema.links.commerce_enterprise.supply import SupplyLinksMutation, SupplyLinksQuery


async def fill_enterprise(sources: Mapping[type, Any], **options: Any) -> bool:
    """What the company has to do with what the shop sold; each area asks for what it needs of it."""
    there = await buyers(sources[Commerce], [f"{name}@example.com" for name in ("ada", "bo")], MOST_CONTACTS)
    filled = await fill_crm(sources[Enterprise], there, **options)
    since = sources[Commerce].clock() - timedelta(days=SOLD_DAYS)
    sold = await best_sold(sources[Commerce], since, MOST_PLACES)
    filled = await fill_supply(sources[Enterprise], sold, **options) or filled
    return await fill_invoices(sources[Enterprise], await shipped(sources[Commerce], INVOICED), **options) or filled


LINKS = Links(
    between=("commerce", "enterprise"),
    query=SupplyLinksQuery,
    mutation=merge_types("EnterpriseLinks", (CrmLinksMutation, InvoiceLinksMutation, SupplyLinksMutation)),
    fill=fill_enterprise,
)
