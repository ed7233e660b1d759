"""Tickets: what people complain of or ask for, mostly about an order; who answers, and when it is solved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from datasources.enterprise.crm.references import require
from datasources.enterprise.crm.tickets import TicketPriority, TicketStatus
from datasources.enterprise.events import EventType
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import TICKETS
from datasources.errors import InvalidInput
from datasources.prepared import Row
from datasources.sql import Transaction
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.crm.activities import CustomerOfOrder
from resolvers.enterprise.crm.changing import Kind, change, create, given, tell
from resolvers.text import plain

MAX_SUBJECT = 200
MAX_TEXT = 5000
TICKET = Kind(
    "Ticket",
    TICKETS,
    "assignee_id",
    EnterpriseLoaders.ticket_by_id,
    EventType.TICKET_CHANGED,
    {"status": "status", "priority": "priority", "order": "order_id", "customer": "customer_id"},
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """About an order, or of a contact: one of the two."""

    subject: str
    text: str
    priority: TicketPriority
    order_id: UUID | None
    contact_id: UUID | None


async def open_ticket(
    enterprise: Enterprise,
    transaction: Transaction,
    *,
    subject: str,
    text: str,
    order_id: UUID | None,
    customer_id: UUID | None,
    priority: TicketPriority,
    contact_id: UUID | None = None,
) -> UUID:
    """A ticket that nobody works on yet, of the customer's contact, where there is one and no other is given.

    Raises: InvalidInput, NotFound where the contact was erased.
    """
    await require(transaction, contact=contact_id)
    if contact_id is None and customer_id is not None:
        known = await enterprise.contacts.of_customer(transaction, customer_id)
        contact_id = known and known.id
    values = {
        "subject": plain(subject, "subject", MAX_SUBJECT),
        "text": plain(text, "text", MAX_TEXT, lines=True),
        "priority": priority,
        "order_id": order_id,
        "customer_id": customer_id,
        "contact_id": contact_id,
        "assignee_id": None,
    }
    id = await enterprise.tickets.add(transaction, **values)
    now = values | {"status": TicketStatus.OPEN}
    await tell(enterprise, transaction, TICKET, EventType.TICKET_OPENED, id, now)
    return id


async def create_ticket(context: Context, wanted: Complaint, customer_of: CustomerOfOrder, key: str) -> Any:
    """A ticket about an order, or of a contact. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("tickets:write")
    if (wanted.order_id is None) == (wanted.contact_id is None):
        raise InvalidInput("orderId", "Say either which order it is about, or whose it is.")
    enterprise = context.of(Enterprise)
    customer_id = None if wanted.order_id is None else await customer_of(context, wanted.order_id)

    async def add(transaction: Transaction) -> UUID:
        return await open_ticket(
            enterprise,
            transaction,
            subject=wanted.subject,
            text=wanted.text,
            priority=wanted.priority,
            order_id=wanted.order_id,
            customer_id=customer_id,
            contact_id=wanted.contact_id,
        )

    return await create(context, TICKET, "openTicket", key, wanted, add)


async def change_ticket(
    context: Context,
    id: UUID,
    status: TicketStatus | None,
    priority: TicketPriority | None,
    assignee_id: UUID | None,
    comment: str | None,
    key: str,
) -> Any:
    """Moves a ticket on, gives it to somebody, or says something of it. Nobody hears of a comment alone but who asks.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("tickets:write")
    tickets = context.of(Enterprise).tickets
    comment = None if comment is None else plain(comment, "comment", MAX_TEXT, lines=True)
    new = given(status=status, priority=priority, assignee_id=assignee_id)

    async def decide(transaction: Transaction, _: Row) -> Mapping[str, Any]:
        await require(transaction, employee=assignee_id)
        if comment is not None:
            await tickets.comment(transaction, id, comment)
        return new

    request = [new, comment]
    return await change(context, TICKET, "changeTicket", key, request, id, tickets.visible, decide)
