"""Customers and orders of the shop, as sales and support know them."""

from functools import partial
from uuid import UUID

import strawberry

from datasources.errors import NotFound
from loaders.commerce import CommerceLoaders
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.crm import activities, contacts, tickets
from schema.access import scope
from schema.commerce.customers import Customer
from schema.commerce.orders import Order
from schema.connection import Connection
from schema.enterprise.crm.activities import Activity, ActivityPayload, CreateActivityInput
from schema.enterprise.crm.contacts import Contact, ContactPayload, LinkContactInput
from schema.enterprise.crm.tickets import OpenTicketInput, Ticket, TicketPayload
from schema.fields import edge, edge_page
from schema.links.linked import linked
from schema.mutations import mutates
from schema.node import edge_to


@linked(Customer)
class CustomerContact:
    contact: Contact | None = edge(
        EnterpriseLoaders.contact_by_customer,
        key="id",
        description="Whom sales know this customer as; null where they do not, or you may not see it.",
    )


@linked(Contact)
class ContactCustomer:
    customer: Customer | None = edge_to(
        Customer,
        "customer_id",
        "With orders, profile and accounts; null for who never bought, or where you may not see it.",
    )


@linked(Order)
class OrderTickets:
    tickets: Connection[Ticket] = edge_page(
        EnterpriseLoaders.tickets_by_order,
        key="id",
        description="The newest first; none unless you may see tickets.",
    )


@linked(Ticket)
class TicketOrder:
    order: Order | None = edge_to(Order, "order_id", "What it is about; null where you may not see it.")


@linked(Activity)
class ActivityOrder:
    order: Order | None = edge_to(Order, "order_id", "What it is about; null where you may not see it.")


async def is_customer(context: Context, id: UUID) -> bool:
    """One whom the actor sees, and who was not erased."""
    found = await context.loaders.load(CommerceLoaders.customer_by_id, id)
    return found is not None and found.erased_at is None


async def _customer_of(context: Context, order_id: UUID) -> UUID:
    """Raises: NotFound."""
    found = await context.loaders.load(CommerceLoaders.order_by_id, order_id)
    if found is None:
        raise NotFound("order")
    customer_id: UUID = found.customer_id
    return customer_id


_mutates = partial(mutates, access=scope("crm:write"))


@strawberry.type
class CrmLinksMutation:
    link_contact = _mutates(
        partial(contacts.link_contact, customer_exists=is_customer),
        LinkContactInput,
        "Says which customer of the shop a contact is, for good.",
        gives=ContactPayload,
    )
    create_activity = _mutates(
        partial(activities.create_activity, customer_of=_customer_of),
        CreateActivityInput,
        "Something to do, for you or another.",
        gives=ActivityPayload,
    )
    open_ticket = _mutates(
        partial(tickets.create_ticket, customer_of=_customer_of),
        OpenTicketInput,
        "Opens a ticket.",
        gives=TicketPayload,
        access=scope("tickets:write"),
    )
