"""Companies and contacts."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise.crm import contacts
from schema.access import policy, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enterprise.ids import CompanyId, ContactId, CustomerId, EmployeeId
from schema.enterprise.staff import Change, Employee, changes
from schema.fields import edge, edge_page, root_page
from schema.inputs import keyed, wanted
from schema.mutations import mutates, outcome
from schema.node import Node, by_id, edge_to

if TYPE_CHECKING:
    from schema.enterprise.crm.activities import Activity
    from schema.enterprise.crm.pipeline import Opportunity
    from schema.enterprise.crm.tickets import Ticket

CRM = policy("scope crm:read")
SEALED = Cost(weight=1)
"""To decrypt a value takes as long as to read a row."""


@strawberry.type(description="Whom we sell to, or would like to.", directives=[CRM])
class Company(Node, batch=EnterpriseLoaders.company_by_id):
    name: str
    website: str | None
    owner: Employee | None = edge_to(Employee, "owner_id", "Who looks after it; null where nobody does.")
    contacts: Connection[Annotated["Contact", strawberry.lazy("schema.enterprise.crm.contacts")]] = edge_page(
        EnterpriseLoaders.contacts_by_company, key="id", description="Its people, the newest first."
    )
    opportunities: Connection[Annotated["Opportunity", strawberry.lazy("schema.enterprise.crm.pipeline")]] = edge_page(
        EnterpriseLoaders.opportunities_by_company,
        key="id",
        description="Those that close first, first; those that you may see.",
    )
    created_at: datetime
    changes: Connection[Change] = changes()


@strawberry.type(
    description="Somebody of a company, or a private person. Personal data is null after an erasure.", directives=[CRM]
)
class Contact(Node, batch=EnterpriseLoaders.contact_by_id):
    name: str | None = edge(EnterpriseLoaders.contact_name, key=("id", "sealed_name"), cost=SEALED)
    email: str | None = edge(
        EnterpriseLoaders.contact_email,
        key=("id", "sealed_email"),
        cost=SEALED,
        description="Null also where none is known.",
    )
    company: Company | None = edge_to(Company, "company_id", "Null for a private person.")
    owner: Employee | None = edge_to(
        Employee, "owner_id", "Who looks after this contact; where it is null, who looks after the company does."
    )
    opportunities: Connection[Annotated["Opportunity", strawberry.lazy("schema.enterprise.crm.pipeline")]] = edge_page(
        EnterpriseLoaders.opportunities_by_contact,
        key="id",
        description="Those that close first, first; those that you may see.",
    )
    tickets: Connection[Annotated["Ticket", strawberry.lazy("schema.enterprise.crm.tickets")]] = edge_page(
        EnterpriseLoaders.tickets_by_contact, key="id", description="The newest first; none unless you may see tickets."
    )
    activities: Connection[Annotated["Activity", strawberry.lazy("schema.enterprise.crm.activities")]] = edge_page(
        EnterpriseLoaders.activities_by_contact, key="id", description="By when they are due; those that you may see."
    )
    created_at: datetime
    erased_at: datetime | None = strawberry.field(
        description="When the personal data was erased; null where it was not."
    )
    changes: Connection[Change] = changes()


def _with_name(name: str | None = None) -> dict[str, Any]:
    return {"name": name or None}


@strawberry.type
class ContactsQuery:
    company: Company | None = by_id(Company, scope("crm:read"), "The company with this id.")
    companies: Connection[Company] | None = root_page(
        EnterpriseLoaders.companies,
        scope("crm:read"),
        "Companies, by name; with `name` only those that have this in it, in any case.",
        arguments=_with_name,
    )
    contact: Contact | None = by_id(Contact, scope("crm:read"), "The contact with this id.")
    contacts: Connection[Contact] | None = root_page(
        EnterpriseLoaders.contacts,
        scope("crm:read"),
        "Contacts, the newest first; with `email` only the one who has it.",
        arguments=wanted(email=str),
    )


@keyed("A new company.")
class CreateCompanyInput:
    name: str
    website: str | None = None
    owner_id: EmployeeId | None = strawberry.field(default=None, description="The employee who looks after it.")


@keyed("What changes of a company; what is left out, or null, stays.")
class ChangeCompanyInput:
    company_id: CompanyId
    name: str | None = None
    website: str | None = None
    owner_id: EmployeeId | None = None


@keyed("A new contact.")
class CreateContactInput:
    name: str
    email: str | None = strawberry.field(default=None, description="Not that of another contact.")
    company_id: CompanyId | None = strawberry.field(default=None, description="Left out for a private person.")
    owner_id: EmployeeId | None = strawberry.field(default=None, description="The employee who looks after them.")


@keyed("What changes of a contact; what is left out, or null, stays.")
class ChangeContactInput:
    contact_id: ContactId
    name: str | None = None
    email: str | None = None
    company_id: CompanyId | None = None
    owner_id: EmployeeId | None = None


@keyed("Which customer of the shop a contact is.")
class LinkContactInput:
    contact_id: ContactId
    customer_id: CustomerId


CompanyPayload = outcome("CompanyPayload", company=Company)
ContactPayload = outcome("ContactPayload", contact=Contact)
_mutates = partial(mutates, gives=CompanyPayload, access=scope("crm:write"))


@strawberry.type
class ContactsMutation:
    create_company = _mutates(contacts.create_company, CreateCompanyInput, "A new company.")
    change_company = _mutates(contacts.change_company, ChangeCompanyInput, "Changes a company.")
    create_contact = _mutates(contacts.create_contact, CreateContactInput, "A new contact.", gives=ContactPayload)
    change_contact = _mutates(contacts.change_contact, ChangeContactInput, "Changes a contact.", gives=ContactPayload)
