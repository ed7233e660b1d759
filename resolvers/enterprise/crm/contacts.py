"""Companies and contacts: who they are, who looks after them, and which customer of the shop a contact is."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from datasources.enterprise.crm.references import require
from datasources.enterprise.events import EventType
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import COMPANIES, CONTACTS
from datasources.errors import InvalidInput, NotFound
from datasources.prepared import Row
from datasources.sql import Transaction
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.crm.changing import Kind, change, create, given, tell
from resolvers.text import plain

MAX_NAME = 120
MAX_WEBSITE = 200
MAX_EMAIL = 254
COMPANY = Kind("Company", COMPANIES, "owner_id", EnterpriseLoaders.company_by_id, EventType.COMPANY_CHANGED, {})
CONTACT = Kind(
    "Contact",
    CONTACTS,
    "owner_id",
    EnterpriseLoaders.contact_by_id,
    EventType.CONTACT_CHANGED,
    {"company": "company_id", "customer": "customer_id"},
)
CustomerExists = Callable[[Context, UUID], Awaitable[bool]]


async def create_company(context: Context, name: str, website: str | None, owner_id: UUID | None, key: str) -> Any:
    """A new company. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("crm:write")
    enterprise = context.of(Enterprise)
    values = {
        "name": plain(name, "name", MAX_NAME),
        "website": website and plain(website, "website", MAX_WEBSITE),
        "owner_id": owner_id,
    }

    async def add(transaction: Transaction) -> UUID:
        await require(transaction, employee=owner_id)
        id = await enterprise.companies.add(transaction, **values)
        await tell(enterprise, transaction, COMPANY, EventType.COMPANY_CREATED, id, values)
        return id

    return await create(context, COMPANY, "createCompany", key, values, add)


async def change_company(
    context: Context, id: UUID, name: str | None, website: str | None, owner_id: UUID | None, key: str
) -> Any:
    """Changes what is given. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("crm:write")
    new = given(
        name=None if name is None else plain(name, "name", MAX_NAME),
        website=None if website is None else plain(website, "website", MAX_WEBSITE),
        owner_id=owner_id,
    )

    async def decide(transaction: Transaction, _: Row) -> Mapping[str, Any]:
        await require(transaction, employee=owner_id)
        return new

    visible = context.of(Enterprise).companies.all.visible
    return await change(context, COMPANY, "changeCompany", key, new, id, visible, decide)


async def create_contact(
    context: Context, name: str, email: str | None, company_id: UUID | None, owner_id: UUID | None, key: str
) -> Any:
    """A new contact, of a company or a private person. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("crm:write")
    enterprise = context.of(Enterprise)
    name, email = plain(name, "name", MAX_NAME), email and plain(email, "email", MAX_EMAIL)
    values = {"company_id": company_id, "owner_id": owner_id, "customer_id": None}

    async def add(transaction: Transaction) -> UUID:
        await require(transaction, company=company_id, employee=owner_id)
        id = await enterprise.contacts.add(transaction, name, email or None, **values)
        if id is None:
            raise InvalidInput("email", "A contact has this address already.")
        await tell(enterprise, transaction, CONTACT, EventType.CONTACT_CREATED, id, values)
        return id

    return await create(context, CONTACT, "createContact", key, [name, email, values], add)


async def change_contact(
    context: Context,
    id: UUID,
    name: str | None,
    email: str | None,
    company_id: UUID | None,
    owner_id: UUID | None,
    key: str,
) -> Any:
    """Changes what is given. Raises: Forbidden, InvalidInput, NotFound, also where it was erased, KeyReused."""
    context.actor.require("crm:write")
    contacts = context.of(Enterprise).contacts
    name = None if name is None else plain(name, "name", MAX_NAME)
    email = None if email is None else plain(email, "email", MAX_EMAIL)
    new = given(company_id=company_id, owner_id=owner_id)

    async def decide(transaction: Transaction, before: Row) -> Mapping[str, Any]:
        if before.erased_at is not None:
            raise NotFound("contact")
        await require(transaction, company=company_id, employee=owner_id)
        return new | contacts.sealed(id, name, email)

    request = [name, email, new]
    try:
        return await change(context, CONTACT, "changeContact", key, request, id, contacts.visible, decide)
    except IntegrityError:
        raise InvalidInput("email", "A contact has this address already.") from None


async def link_contact(context: Context, id: UUID, customer_id: UUID, customer_exists: CustomerExists, key: str) -> Any:
    """Says which customer of the shop a contact is, for good; what was noted of that customer is then the contact's.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("crm:write")
    contacts = context.of(Enterprise).contacts
    if not await customer_exists(context, customer_id):
        raise NotFound("customer")

    async def decide(transaction: Transaction, before: Row) -> Mapping[str, Any]:
        if before.erased_at is not None:
            raise NotFound("contact")
        if before.customer_id not in (None, customer_id):
            raise InvalidInput("contactId", "This contact is another customer already.")
        await contacts.adopt(transaction, id, customer_id)
        return {"customer_id": customer_id}

    request = {"customer": customer_id}
    try:
        return await change(context, CONTACT, "linkContact", key, request, id, contacts.visible, decide)
    except IntegrityError:
        raise InvalidInput("customerId", "This customer has another contact already.") from None


async def account_owner(enterprise: Enterprise, transaction: Transaction, customer_id: UUID) -> UUID | None:
    """The employee who looks after this customer's contact, else after its company; None where nobody does."""
    return await enterprise.contacts.owner_of(transaction, customer_id)
