"""Companies, and the people that we talk to, whose names and addresses are sealed at rest."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.cipher import Cipher, SealBroken
from datasources.enterprise.lists import Among, Lists
from datasources.enterprise.policies import visible_crm
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
from datasources.pages import Sort
from datasources.sql import Transaction
from datasources.statements import Condition, equal
from datasources.table import Row, Rows

PLACES = {CONTACTS.c.sealed_name: b"contacts.name:", CONTACTS.c.sealed_email: b"contacts.email:"}
"""What each sealed column is bound to, together with the row's id. Re-encryption goes through all of these."""

Sealed = tuple[UUID, bytes | None]
"""A contact's id, and what is kept in its sealed column."""


def seal(cipher: Cipher, column: sa.Column[Any], id: UUID, text: str) -> bytes:
    return cipher.seal(text, PLACES[column] + id.bytes)


class Companies:
    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self.all = Lists(sources, COMPANIES, _BY_NAME, visible_crm(actor), {"name": _named})


class Contacts:
    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self._sources = sources
        visible = visible_crm(actor)
        wanted = {"email": lambda email: equal(CONTACTS.c.email_index, sources.email_index.of(email))}
        self.all = Lists(sources, CONTACTS, _NEWEST, visible, wanted)
        self.of_companies = self.all.by(CONTACTS.c.company_id)
        self.of_customers = Among(sources, CONTACTS.c.customer_id, visible)

    async def names(self, keys: Sequence[Sealed]) -> Mapping[Sealed, str | SealBroken | None]:
        """No source is asked: whoever has the row passed its policy."""
        return {key: self._opened(CONTACTS.c.sealed_name, *key) for key in keys}

    async def emails(self, keys: Sequence[Sealed]) -> Mapping[Sealed, str | SealBroken | None]:
        return {key: self._opened(CONTACTS.c.sealed_email, *key) for key in keys}

    def sealed(self, id: UUID, name: str | None, email: str | None) -> dict[str, Any]:
        """The columns in which these are kept; of None there is none."""
        cipher, index = self._sources.cipher, self._sources.email_index
        kept: dict[str, Any] = {}
        if name is not None:
            kept["sealed_name"] = seal(cipher, CONTACTS.c.sealed_name, id, name)
        if email is not None:
            kept |= {"sealed_email": seal(cipher, CONTACTS.c.sealed_email, id, email), "email_index": index.of(email)}
        return kept

    async def of_customer(self, transaction: Transaction, customer_id: UUID) -> Row | None:
        """The contact that is this customer; nobody changes it until the transaction ends."""
        mine = sa.select(CONTACTS).where(CONTACTS.c.customer_id == customer_id)
        return await transaction.row(mine.with_for_update())

    async def owner_of(self, transaction: Transaction, customer_id: UUID) -> UUID | None:
        """The employee who looks after this customer's contact, or after its company; None where nobody does."""
        both = CONTACTS.outerjoin(COMPANIES, COMPANIES.c.id == CONTACTS.c.company_id)
        owner = sa.func.coalesce(CONTACTS.c.owner_id, COMPANIES.c.owner_id)
        here = both.join(EMPLOYEES, EMPLOYEES.c.id == owner)
        found = sa.select(EMPLOYEES.c.id).select_from(here)
        row = await transaction.row(found.where(CONTACTS.c.customer_id == customer_id, EMPLOYEES.c.left_at.is_(None)))
        return None if row is None else row.id

    async def adopt(self, transaction: Transaction, id: UUID, customer_id: UUID) -> None:
        """What was noted of the customer before it had a contact is of the contact."""
        for table in (TICKETS, ACTIVITIES):
            theirs = (table.c.customer_id == customer_id, table.c.contact_id.is_(None))
            await transaction.write(sa.update(table).where(*theirs).values(contact_id=id))

    async def erase(self, transaction: Transaction, customer_id: UUID, at: datetime) -> UUID | None:
        """Removes the personal data of this customer, and what was written about it; the contact, if there was one."""
        contact = await self.of_customer(transaction, customer_id)
        of_it = {TICKETS: {"subject": None, "text": None}, ACTIVITIES: {"subject": None}}
        for table, nothing in of_it.items():
            await transaction.write(sa.update(table).where(_about(table, customer_id, contact)).values(nothing))
        # After their tickets are held: so no comment comes in between.
        tickets = sa.select(TICKETS.c.id).where(_about(TICKETS, customer_id, contact))
        await transaction.write(sa.delete(TICKET_COMMENTS).where(TICKET_COMMENTS.c.ticket_id.in_(tickets)))
        if contact is None or contact.erased_at is not None:
            return None
        hoped = sa.update(OPPORTUNITIES).where(OPPORTUNITIES.c.contact_id == contact.id)
        await transaction.write(hoped.values(title=None))
        nothing = dict.fromkeys(("sealed_name", "sealed_email", "email_index"))
        me = sa.update(CONTACTS).where(CONTACTS.c.id == contact.id)
        await transaction.write(me.values(**nothing, erased_at=at))
        return UUID(str(contact.id))

    async def dossier(self, customer_id: UUID) -> dict[str, Any]:
        """The rows about this customer by the names of their tables, without what is sealed: that is opened."""
        async with self._sources.database.transaction() as transaction:
            contact = await self.of_customer(transaction, customer_id)
            told: dict[str, Any] = {"contact": contact and self._told(contact)}
            for name, table in (("tickets", TICKETS), ("activities", ACTIVITIES)):
                rows = sa.select(table).where(_about(table, customer_id, contact)).order_by(table.c.id)
                told[name] = [dict(row._mapping) for row in await transaction.rows(rows)]
            tickets = TICKET_COMMENTS.c.ticket_id.in_([ticket["id"] for ticket in told["tickets"]])
            comments = sa.select(TICKET_COMMENTS).where(tickets).order_by(TICKET_COMMENTS.c.id)
            told["ticket_comments"] = [dict(row._mapping) for row in await transaction.rows(comments)]
            mine = OPPORTUNITIES.c.contact_id.in_([contact.id] if contact else [])
            rows = sa.select(OPPORTUNITIES).where(mine).order_by(OPPORTUNITIES.c.id)
            told["opportunities"] = [dict(row._mapping) for row in await transaction.rows(rows)]
        return told

    async def sealed_after(self, column: sa.Column[Any], id: UUID, limit: int) -> Rows:
        """The next `id` and `sealed` of this column, by id. Source: one SELECT."""
        after = sa.select(CONTACTS.c.id, column.label("sealed")).where(column.is_not(None), CONTACTS.c.id > id)
        return await self._sources.database.rows(after.order_by(CONTACTS.c.id).limit(limit))

    async def reseal(self, column: sa.Column[Any], rows: Rows) -> tuple[int, int]:
        """Seals with the first key what is not, if nobody else did; how many, and how many open with none."""
        resealed = broken = 0
        async with self._sources.database.transaction() as transaction:
            for row in rows:
                text = self._opened(column, row.id, row.sealed)
                if isinstance(text, SealBroken):
                    broken += 1
                elif text is not None and self._sources.cipher.needs_resealing(row.sealed):
                    mine = sa.update(CONTACTS).where(CONTACTS.c.id == row.id, column == row.sealed)
                    anew = seal(self._sources.cipher, column, row.id, text)
                    resealed += await transaction.write(mine.values({column: anew}))
        return resealed, broken

    def _told(self, contact: Row) -> dict[str, Any]:
        plain = {name: value for name, value in contact._mapping.items() if not isinstance(value, bytes)}
        return plain | {
            name: self._opened(column, contact.id, contact._mapping[column.name])
            for name, column in (("name", CONTACTS.c.sealed_name), ("email", CONTACTS.c.sealed_email))
        }

    def _opened(self, column: sa.Column[Any], id: UUID, sealed: bytes | None) -> str | SealBroken | None:
        try:
            return None if sealed is None else self._sources.cipher.open(sealed, PLACES[column] + id.bytes)
        except SealBroken as broken:
            return broken


def _about(table: sa.Table, customer_id: UUID, contact: Row | None) -> sa.ColumnElement[bool]:
    of_customer = table.c.customer_id == customer_id
    return of_customer if contact is None else sa.or_(of_customer, table.c.contact_id == contact.id)


def _named(words: str) -> Condition:
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return Condition(_has_name(), {"name": f"%{escaped.lower()}%"})


@cache
def _has_name() -> sa.ColumnElement[bool]:
    return sa.func.lower(COMPANIES.c.name).like(sa.bindparam("name", type_=sa.Text), escape="\\")


_BY_NAME = Sort("name", (COMPANIES.c.name, COMPANIES.c.id))
_NEWEST = Sort("newest", (CONTACTS.c.created_at, CONTACTS.c.id), descending=True)
