"""Tickets: what people complain of or ask for."""

from datetime import datetime

import strawberry

from datasources.enterprise.crm.tickets import TicketPriority, TicketStatus
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise.crm import tickets
from schema.access import INHERITED, policy, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enterprise.crm.contacts import Contact
from schema.enterprise.ids import ContactId, EmployeeId, OrderId, TicketId
from schema.enterprise.staff import Change, Employee, changes
from schema.enums import told
from schema.fields import computed, edge, root_page
from schema.inputs import keyed, wanted
from schema.mutations import mutates, outcome
from schema.node import Node, by_id, edge_to

told(TicketStatus, "How far a ticket is.", PENDING="It waits for the customer, or for somebody else.")
told(TicketPriority, "How much a ticket presses.")


@strawberry.type(description="What was said of a ticket, among the staff.", directives=[INHERITED])
class TicketComment:
    text: str
    author: Employee | None = edge_to(Employee, "author_id", "Null where it is one of no staff.")
    at: datetime


@strawberry.type(description="What somebody complains of or asks for.", directives=[policy("scope tickets:read")])
class Ticket(Node, batch=EnterpriseLoaders.ticket_by_id):
    subject: str | None = strawberry.field(description="Null where whose it is was erased.")
    text: str | None = strawberry.field(description="Null where whose it is was erased.")
    status: TicketStatus = computed(TicketStatus, "status")
    priority: TicketPriority = computed(TicketPriority, "priority")
    contact: Contact | None = edge_to(Contact, "contact_id", "Whose it is.")
    assignee: Employee | None = edge_to(Employee, "assignee_id", "Who works on it; null while nobody does.")
    comments: list[TicketComment] = edge(
        EnterpriseLoaders.comments_by_ticket, key="id", cost=Cost(size=3), description="The oldest first."
    )
    opened_at: datetime
    changes: Connection[Change] = changes()


@strawberry.type
class TicketsQuery:
    ticket: Ticket | None = by_id(Ticket, scope("tickets:read"), "The ticket with this id.")
    tickets: Connection[Ticket] | None = root_page(
        EnterpriseLoaders.tickets,
        scope("tickets:read"),
        "All tickets, or those of a status or an assignee; the newest first.",
        arguments=wanted(status=TicketStatus, assignee_id=EmployeeId),
    )


@keyed("What somebody complains of or asks for: about an order, or of a contact.")
class OpenTicketInput:
    subject: str
    text: str
    priority: TicketPriority = TicketPriority.NORMAL
    order_id: OrderId | None = None
    contact_id: ContactId | None = None


@keyed("What changes of a ticket; what is left out, or null, stays.")
class ChangeTicketInput:
    ticket_id: TicketId
    status: TicketStatus | None = None
    priority: TicketPriority | None = None
    assignee_id: EmployeeId | None = strawberry.field(default=None, description="Who works on it from now on.")
    comment: str | None = strawberry.field(default=None, description="For the staff; added to what was said.")


TicketPayload = outcome("TicketPayload", ticket=Ticket)


@strawberry.type
class TicketsMutation:
    change_ticket = mutates(
        tickets.change_ticket,
        ChangeTicketInput,
        "Moves a ticket on, gives it to somebody, says something of it.",
        gives=TicketPayload,
        access=scope("tickets:write"),
    )
