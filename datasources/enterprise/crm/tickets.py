"""Tickets: what somebody complains of or asks for, until it is solved."""

from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.lists import Among, Lists, equals
from datasources.enterprise.policies import visible_tickets
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import TICKET_COMMENTS, TICKETS
from datasources.ids import uuid7
from datasources.pages import Sort
from datasources.sql import Transaction


class TicketStatus(StrEnum):
    OPEN = "open"
    PENDING = "pending"
    SOLVED = "solved"


class TicketPriority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Tickets:
    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self._clock = sources.clock
        self._actor = actor
        visible = visible_tickets(actor)
        wanted = equals(TICKETS.c.status, TICKETS.c.assignee_id)
        self.all = Lists(sources, TICKETS, _NEWEST, visible, wanted)
        self.of_contacts = self.all.by(TICKETS.c.contact_id)
        self.of_orders = self.all.by(TICKETS.c.order_id)
        self.comments_of = Among(sources, TICKET_COMMENTS.c.ticket_id, visible, _OLDEST)

    async def comment(self, transaction: Transaction, ticket_id: UUID, text: str) -> None:
        now = self._clock()
        mine = {"id": uuid7(now), "ticket_id": ticket_id, "author_id": self._actor.signed_in, "text": text, "at": now}
        await transaction.write(sa.insert(TICKET_COMMENTS).values(mine))


_NEWEST = Sort("newest", (TICKETS.c.opened_at, TICKETS.c.id), descending=True)
_OLDEST = (TICKET_COMMENTS.c.at, TICKET_COMMENTS.c.id)
