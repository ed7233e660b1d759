"""Tickets: what people complain of or ask for."""

from datetime import datetime
from typing import Any

import strawberry

from datasources.enterprise.crm.tickets import TicketPriority, TicketStatus
from datasources.errors import InvalidInput, KeyReused, NotFound
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise.crm import tickets
from schema.access import INHERITED, policy, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enterprise.crm.contacts import Contact
from schema.enterprise.staff import KEY, Change, Employee, changes
from schema.enums import told
from schema.fields import computed, edge, root, root_page
from schema.node import Node, id_of, optional_uuid, uuid_of
from schema.problems import Problem, mutation, payload

told(TicketStatus, "How far a ticket is.", PENDING="It waits for the customer, or for somebody else.")
told(TicketPriority, "How much a ticket presses.")


@strawberry.type(description="What was said of a ticket, among the staff.", directives=[INHERITED])
class TicketComment:
    text: str
    author: Employee | None = edge(
        EnterpriseLoaders.employee_by_id, key="author_id", description="Null where it is one of no staff."
    )
    at: datetime


@strawberry.type(description="What somebody complains of or asks for.", directives=[policy("scope tickets:read")])
class Ticket(Node, batch=EnterpriseLoaders.ticket_by_id):
    subject: str | None = strawberry.field(description="Null where whose it is was erased.")
    text: str | None = strawberry.field(description="Null where whose it is was erased.")
    status: TicketStatus = computed(TicketStatus, "status")
    priority: TicketPriority = computed(TicketPriority, "priority")
    contact: Contact | None = edge(EnterpriseLoaders.contact_by_id, key="contact_id", description="Whose it is.")
    assignee: Employee | None = edge(
        EnterpriseLoaders.employee_by_id, key="assignee_id", description="Who works on it; null while nobody does."
    )
    comments: list[TicketComment] = edge(
        EnterpriseLoaders.comments_by_ticket, key="id", cost=Cost(size=3), description="The oldest first."
    )
    opened_at: datetime
    changes: Connection[Change] = changes()


def _wanted(status: TicketStatus | None = None, assignee_id: strawberry.ID | None = None) -> dict[str, Any]:
    return {"status": status, "assignee_id": optional_uuid(assignee_id, "Employee", "assigneeId")}


@strawberry.type
class TicketsQuery:
    ticket: Ticket | None = root(
        EnterpriseLoaders.ticket_by_id, scope("tickets:read"), "The ticket with this id.", key=id_of("Ticket")
    )
    tickets: Connection[Ticket] | None = root_page(
        EnterpriseLoaders.tickets,
        scope("tickets:read"),
        "All tickets, or those of a status or an assignee; the newest first.",
        arguments=_wanted,
    )


@strawberry.input(description="What somebody complains of or asks for: about an order, or of a contact.")
class OpenTicketInput:
    subject: str
    text: str
    priority: TicketPriority = TicketPriority.NORMAL
    order_id: strawberry.ID | None = None
    contact_id: strawberry.ID | None = None
    idempotency_key: str = strawberry.field(description=KEY)

    def value(self) -> tickets.Complaint:
        """Raises: InvalidInput."""
        return tickets.Complaint(
            subject=self.subject,
            text=self.text,
            priority=self.priority,
            order_id=optional_uuid(self.order_id, "Order", "orderId"),
            contact_id=optional_uuid(self.contact_id, "Contact", "contactId"),
        )


@strawberry.input(description="What changes of a ticket; what is left out, or null, stays.")
class ChangeTicketInput:
    ticket_id: strawberry.ID
    status: TicketStatus | None = None
    priority: TicketPriority | None = None
    assignee_id: strawberry.ID | None = strawberry.field(default=None, description="Who works on it from now on.")
    comment: str | None = strawberry.field(default=None, description="For the staff; added to what was said.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The ticket as it is now, or why it was refused.", directives=[INHERITED])
class TicketPayload:
    ticket: Ticket | None = None
    problem: Problem | None = None


@strawberry.type
class TicketsMutation:
    @mutation(
        scope("tickets:write"),
        "Moves a ticket on, gives it to somebody, says something of it.",
        InvalidInput,
        NotFound,
        KeyReused,
    )
    async def change_ticket(self, info: strawberry.Info, input: ChangeTicketInput) -> TicketPayload | None:
        return await payload(
            TicketPayload,
            ticket=lambda: tickets.change_ticket(
                info.context,
                uuid_of(input.ticket_id, "Ticket", "ticketId"),
                input.status,
                input.priority,
                optional_uuid(input.assignee_id, "Employee", "assigneeId"),
                input.comment,
                input.idempotency_key,
            ),
        )
