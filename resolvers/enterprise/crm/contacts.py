"""Companies and contacts: who they are, who looks after them, and which customer of the shop a contact is."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from datasources.enterprise.events import EventType
from datasources.enterprise.policies import visible_crm
from datasources.enterprise.references import require
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import COMPANIES, CONTACTS
from datasources.errors import InvalidInput, NotFound
from datasources.ids import uuid7
from datasources.sql import Transaction
from datasources.table import Row
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.records import Record, add, change, create, once, telling, text

COMPANY = Record(
    type="Company",
    table=COMPANIES,
    batch=EnterpriseLoaders.company_by_id,
    created=EventType.COMPANY_CREATED,
    changed=EventType.COMPANY_CHANGED,
    visible=visible_crm,
    rules={"name": text(120), "website": text(200)},
    names={"owner_id": "employee"},
    owner="owner_id",
)
CONTACT = Record(
    type="Contact",
    table=CONTACTS,
    batch=EnterpriseLoaders.contact_by_id,
    created=EventType.CONTACT_CREATED,
    changed=EventType.CONTACT_CHANGED,
    visible=visible_crm,
    rules={"name": text(120), "email": text(254)},
    names={"company_id": "company", "owner_id": "employee"},
    owner="owner_id",
    told=telling(company="company_id", customer="customer_id"),
    taken=partial(InvalidInput, "email", "A contact has this address already."),
)
CustomerExists = Callable[[Context, UUID], Awaitable[bool]]


async def create_company(context: Context, *, website: str | None, key: str, **given: Any) -> Any:
    """A new company. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("crm:write")
    values = COMPANY.checked(website=website or None, **given)
    return await create(context, COMPANY, "createCompany", key, values)


async def change_company(context: Context, *, company_id: UUID, key: str, **given: Any) -> Any:
    """Changes what is given. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("crm:write")
    new = COMPANY.given(**given)
    return await change(context, COMPANY, "changeCompany", key, company_id, new, new)


async def create_contact(context: Context, *, name: str, email: str | None, key: str, **given: Any) -> Any:
    """A new contact, of a company or a private person. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("crm:write")
    enterprise = context.of(Enterprise)
    who, values = CONTACT.checked(name=name, email=email or None), {"customer_id": None, **given}

    async def work(transaction: Transaction) -> UUID:
        id = uuid7(context.clock())
        sealed = enterprise.contacts.sealed(id, **who)
        return await add(enterprise, transaction, CONTACT, {"id": id, **sealed, **values})

    return await once(context, CONTACT.batch, "createContact", key, [who, values], work)


async def change_contact(
    context: Context, *, contact_id: UUID, name: str | None, email: str | None, key: str, **given: Any
) -> Any:
    """Changes what is given. Raises: Forbidden, InvalidInput, NotFound, also where it was erased, KeyReused."""
    context.actor.require("crm:write")
    who, new = CONTACT.checked(name=name, email=email), CONTACT.given(**given)

    async def decide(_: Transaction, before: Row) -> Mapping[str, Any]:
        _must_not_be_erased(before)
        return new | context.of(Enterprise).contacts.sealed(contact_id, **who)

    return await change(context, CONTACT, "changeContact", key, contact_id, [who, new], decide, taken=CONTACT.taken)


async def link_contact(
    context: Context, customer_exists: CustomerExists, *, contact_id: UUID, customer_id: UUID, key: str
) -> Any:
    """Says which customer of the shop a contact is, for good; what was noted of that customer is then the contact's.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("crm:write")
    if not await customer_exists(context, customer_id):
        raise NotFound("customer")

    async def decide(transaction: Transaction, before: Row) -> Mapping[str, Any]:
        _must_not_be_erased(before)
        if before.customer_id not in (None, customer_id):
            raise InvalidInput("contactId", "This contact is another customer already.")
        await context.of(Enterprise).contacts.adopt(transaction, contact_id, customer_id)
        return {"customer_id": customer_id}

    taken = partial(InvalidInput, "customerId", "This customer has another contact already.")
    return await change(context, CONTACT, "linkContact", key, contact_id, [customer_id], decide, taken=taken)


async def whose(
    enterprise: Enterprise, transaction: Transaction, contact_id: UUID | None, customer_id: UUID | None
) -> UUID | None:
    """The contact that is given; else the one that is this customer, if there is one.

    Raises: NotFound where the given one is not there, or was erased.
    """
    if contact_id is not None or customer_id is None:
        await require(transaction, contact=contact_id)
        return contact_id
    known = await enterprise.contacts.of_customer(transaction, customer_id)
    return known and known.id


async def account_owner(enterprise: Enterprise, transaction: Transaction, customer_id: UUID) -> UUID | None:
    """The employee who looks after this customer's contact, else after its company; None where nobody does."""
    return await enterprise.contacts.owner_of(transaction, customer_id)


def _must_not_be_erased(contact: Row) -> None:
    if contact.erased_at is not None:
        raise NotFound("contact")
