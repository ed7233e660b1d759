"""Tickets: what people complain of or ask for, mostly about an order; who answers, and when it is solved."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from datasources.enterprise.crm.tickets import TicketPriority, TicketStatus
from datasources.enterprise.events import EventType
from datasources.enterprise.policies import visible_tickets
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import TICKETS
from datasources.errors import InvalidInput
from datasources.sql import Transaction
from datasources.table import Row
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.crm.activities import CustomerOfOrder
from resolvers.enterprise.crm.contacts import whose
from resolvers.enterprise.records import Record, add, change, once, telling, text

MAX_TEXT = 5000
TICKET = Record(
    type="Ticket",
    table=TICKETS,
    batch=EnterpriseLoaders.ticket_by_id,
    created=EventType.TICKET_OPENED,
    changed=EventType.TICKET_CHANGED,
    visible=visible_tickets,
    born="opened_at",
    rules={"subject": text(200), "text": text(MAX_TEXT, lines=True), "comment": text(MAX_TEXT, lines=True)},
    names={"assignee_id": "employee"},
    owner="assignee_id",
    told=telling(status="status", priority="priority", order="order_id", customer="customer_id"),
)


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
    contact_id = await whose(enterprise, transaction, contact_id, customer_id)
    of = {"order_id": order_id, "customer_id": customer_id, "contact_id": contact_id, "assignee_id": None}
    how = {"status": TicketStatus.OPEN, "priority": priority}
    values = TICKET.checked(subject=subject, text=text, **how, **of)
    return await add(enterprise, transaction, TICKET, values)


async def create_ticket(
    context: Context,
    customer_of: CustomerOfOrder,
    *,
    order_id: UUID | None,
    contact_id: UUID | None,
    key: str,
    **given: Any,
) -> Any:
    """A ticket about an order, or of a contact. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("tickets:write")
    if (order_id is None) == (contact_id is None):
        raise InvalidInput("orderId", "Say either which order it is about, or whose it is.")
    values = {"order_id": order_id, "contact_id": contact_id, **given}
    customer_id = None if order_id is None else await customer_of(context, order_id)

    async def work(transaction: Transaction) -> UUID:
        return await open_ticket(context.of(Enterprise), transaction, customer_id=customer_id, **values)

    return await once(context, TICKET.batch, "openTicket", key, values, work)


async def change_ticket(context: Context, *, ticket_id: UUID, comment: str | None, key: str, **given: Any) -> Any:
    """Moves a ticket on, gives it to somebody, or says something of it. Nobody hears of a comment alone but who asks.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("tickets:write")
    new, said = TICKET.given(**given), TICKET.given(comment=comment)

    async def decide(transaction: Transaction, _: Row) -> Mapping[str, Any]:
        if said:
            await context.of(Enterprise).tickets.comment(transaction, ticket_id, said["comment"])
        return new

    return await change(context, TICKET, "changeTicket", key, ticket_id, [new, said], decide)
