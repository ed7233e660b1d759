"""Sample data of crm: the shop's customers as contacts, what may be sold to them, and what they complain of."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.enterprise.crm.contacts import seal
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import (
    ACTIVITIES,
    COMPANIES,
    CONTACTS,
    EMPLOYEES,
    OPPORTUNITIES,
    TICKET_COMMENTS,
    TICKETS,
)
from datasources.ids import uuid7

Progress = Callable[[str, float], None]
MOST_CONTACTS = 40
_COMPANIES = ("Aldgate Interiors", "Birk & Sons", "Casa Verde", "Dune Hotels", "Elbe Offices", "Fjord Living")
_TITLES = ("A new reception", "Chairs for the canteen", "Lamps, all floors", "The yearly order", "A shop window")
_STAGES = (("lead", 10), ("qualified", 25), ("proposal", 50), ("negotiation", 75), ("won", 100), ("lost", 0))
_DUTIES = (
    ("call", "Ask how it went"),
    ("mail", "Send the offer"),
    ("meeting", "Show the samples"),
    ("task", "Work out the price"),
)
_COMPLAINTS = (
    ("Where is my parcel?", "It should have been here on Monday."),
    ("One piece is broken", "The handle came off when I opened the box."),
    ("The wrong colour", "I ordered green, and got blue."),
    ("Invoice, please", "Could you send it with our tax number?"),
)


async def fill_crm(
    sources: EnterpriseSources,
    buyers: Sequence[Any],
    *,
    sandbox_url: str | None = None,
    progress: Progress = lambda what, done: None,
) -> bool:
    """Contacts of these `buyers`, who have id, name, email, and ids of `orders`; with all that hangs on them.

    False where there are contacts, or no buyers. Raises: SourceError.
    """
    if not buyers or await sources.database.scalar(sa.select(sa.exists(sa.select(CONTACTS.c.id)))):
        return False
    staff = {row.role: row.id for row in await sources.database.rows(sa.select(EMPLOYEES.c.role, EMPLOYEES.c.id))}
    sellers = await sources.database.rows(sa.select(EMPLOYEES.c.id).where(EMPLOYEES.c.role == "sales"))
    draft = _Draft(sources, [seller.id for seller in sellers], staff)
    await asyncio.to_thread(draft.invent, buyers)
    await sources.database.in_one_thread(draft.write)
    return True


@dataclass(slots=True)
class _Draft:
    sources: EnterpriseSources
    sellers: Sequence[UUID]
    staff: Mapping[str, UUID]
    random: Random = field(default_factory=lambda: Random(8))
    rows: dict[sa.Table, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def invent(self, buyers: Sequence[Any]) -> None:
        now = self.sources.clock()
        start = now - timedelta(days=60)
        companies = [
            self._add(
                COMPANIES,
                start,
                name=name,
                website=f"https://{name.split()[0].lower()}.example",
                owner_id=self.random.choice(self.sellers),
                created_at=start,
            )
            for name in _COMPANIES
        ]
        for number, buyer in enumerate(buyers):
            company_id = self.random.choice(companies) if number % 3 else None
            contact_id = self._contact(buyer, company_id, start)
            if number % 4 != 3:
                self._hope(contact_id, company_id, now)
            if buyer.orders and number % 2 == 0:
                self._complain(buyer, contact_id, now)

    def write(self, connection: sa.Connection) -> None:
        for table, rows in self.rows.items():
            connection.execute(sa.insert(table), rows)

    def _contact(self, buyer: Any, company_id: UUID | None, at: datetime) -> UUID:
        id, cipher = uuid7(at), self.sources.cipher
        return self._add(
            CONTACTS,
            at,
            id=id,
            company_id=company_id,
            customer_id=buyer.id,
            owner_id=None if company_id else self.random.choice(self.sellers),
            email_index=self.sources.email_index.of(buyer.email),
            sealed_name=seal(cipher, CONTACTS.c.sealed_name, id, buyer.name),
            sealed_email=seal(cipher, CONTACTS.c.sealed_email, id, buyer.email),
            created_at=at,
            erased_at=None,
        )

    def _hope(self, contact_id: UUID, company_id: UUID | None, now: datetime) -> None:
        stage, probability = self.random.choice(_STAGES)
        owner_id = self.random.choice(self.sellers)
        at = now - timedelta(days=self.random.randrange(1, 50))
        hoped = self._add(
            OPPORTUNITIES,
            at,
            title=self.random.choice(_TITLES),
            company_id=company_id,
            contact_id=contact_id,
            owner_id=owner_id,
            stage=stage,
            amount_minor=self.random.randrange(400_00, 30_000_00, 50_00),
            currency="EUR",
            probability=probability,
            closes_on=(now + timedelta(days=self.random.randrange(-20, 150))).date().isoformat(),
            version=1,
            created_at=at,
        )
        kind, subject = self.random.choice(_DUTIES)
        due_at = now + timedelta(days=self.random.randrange(-10, 20))
        self._add(
            ACTIVITIES,
            at,
            kind=kind,
            subject=subject,
            owner_id=owner_id,
            customer_id=None,
            contact_id=contact_id,
            opportunity_id=hoped,
            order_id=None,
            due_at=due_at,
            done_at=due_at if due_at < now else None,
            created_at=at,
        )

    def _complain(self, buyer: Any, contact_id: UUID, now: datetime) -> None:
        subject, text = self.random.choice(_COMPLAINTS)
        status = self.random.choice(("open", "pending", "solved"))
        at = now - timedelta(hours=self.random.randrange(1, 200))
        agent_id = self.staff["support"]
        ticket_id = self._add(
            TICKETS,
            at,
            subject=subject,
            text=text,
            status=status,
            priority=self.random.choice(("low", "normal", "high")),
            order_id=buyer.orders[-1],
            customer_id=buyer.id,
            contact_id=contact_id,
            assignee_id=None if status == "open" else agent_id,
            opened_at=at,
        )
        if status != "open":
            said = {"ticket_id": ticket_id, "author_id": agent_id, "text": "Asked the warehouse.", "at": at}
            self._add(TICKET_COMMENTS, at, **said)

    def _add(self, table: sa.Table, at: datetime, /, **values: Any) -> UUID:
        id: UUID = values.setdefault("id", uuid7(at))
        self.rows[table].append(values)
        return id
