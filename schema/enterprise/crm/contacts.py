"""Companies and contacts."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from datasources.errors import InvalidInput, KeyReused, NotFound
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise.crm import contacts
from schema.access import INHERITED, policy, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enterprise.staff import KEY, Change, Employee, changes
from schema.fields import edge, edge_page, root, root_page
from schema.node import Node, id_of, optional_uuid, uuid_of
from schema.problems import Problem, mutation, payload

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
    owner: Employee | None = edge(
        EnterpriseLoaders.employee_by_id, key="owner_id", description="Who looks after it; null where nobody does."
    )
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
    company: Company | None = edge(
        EnterpriseLoaders.company_by_id, key="company_id", description="Null for a private person."
    )
    owner: Employee | None = edge(
        EnterpriseLoaders.employee_by_id,
        key="owner_id",
        description="Who looks after this contact; where it is null, who looks after the company does.",
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


def _with_email(email: str | None = None) -> dict[str, Any]:
    return {"email": email}


@strawberry.type
class ContactsQuery:
    company: Company | None = root(
        EnterpriseLoaders.company_by_id, scope("crm:read"), "The company with this id.", key=id_of("Company")
    )
    companies: Connection[Company] | None = root_page(
        EnterpriseLoaders.companies,
        scope("crm:read"),
        "Companies, by name; with `name` only those that have this in it, in any case.",
        arguments=_with_name,
    )
    contact: Contact | None = root(
        EnterpriseLoaders.contact_by_id, scope("crm:read"), "The contact with this id.", key=id_of("Contact")
    )
    contacts: Connection[Contact] | None = root_page(
        EnterpriseLoaders.contacts,
        scope("crm:read"),
        "Contacts, the newest first; with `email` only the one who has it.",
        arguments=_with_email,
    )


@strawberry.input(description="A new company.")
class CreateCompanyInput:
    name: str
    website: str | None = None
    owner_id: strawberry.ID | None = strawberry.field(default=None, description="The employee who looks after it.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="What changes of a company; what is left out, or null, stays.")
class ChangeCompanyInput:
    company_id: strawberry.ID
    name: str | None = None
    website: str | None = None
    owner_id: strawberry.ID | None = None
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="A new contact.")
class CreateContactInput:
    name: str
    email: str | None = strawberry.field(default=None, description="Not that of another contact.")
    company_id: strawberry.ID | None = strawberry.field(default=None, description="Left out for a private person.")
    owner_id: strawberry.ID | None = strawberry.field(default=None, description="The employee who looks after them.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="What changes of a contact; what is left out, or null, stays.")
class ChangeContactInput:
    contact_id: strawberry.ID
    name: str | None = None
    email: str | None = None
    company_id: strawberry.ID | None = None
    owner_id: strawberry.ID | None = None
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="Which customer of the shop a contact is.")
class LinkContactInput:
    contact_id: strawberry.ID
    customer_id: strawberry.ID
    idempotency_key: str = strawberry.field(description=KEY)

    def ids(self) -> tuple[UUID, UUID]:
        """Raises: InvalidInput."""
        return uuid_of(self.contact_id, "Contact", "contactId"), uuid_of(self.customer_id, "Customer", "customerId")


@strawberry.type(description="The company as it is now, or why it was refused.", directives=[INHERITED])
class CompanyPayload:
    company: Company | None = None
    problem: Problem | None = None


@strawberry.type(description="The contact as it is now, or why it was refused.", directives=[INHERITED])
class ContactPayload:
    contact: Contact | None = None
    problem: Problem | None = None


@strawberry.type
class ContactsMutation:
    @mutation(scope("crm:write"), "A new company.", InvalidInput, NotFound, KeyReused)
    async def create_company(self, info: strawberry.Info, input: CreateCompanyInput) -> CompanyPayload | None:
        return await payload(
            CompanyPayload,
            company=lambda: contacts.create_company(
                info.context,
                input.name,
                input.website,
                optional_uuid(input.owner_id, "Employee", "ownerId"),
                input.idempotency_key,
            ),
        )

    @mutation(scope("crm:write"), "Changes a company.", InvalidInput, NotFound, KeyReused)
    async def change_company(self, info: strawberry.Info, input: ChangeCompanyInput) -> CompanyPayload | None:
        return await payload(
            CompanyPayload,
            company=lambda: contacts.change_company(
                info.context,
                uuid_of(input.company_id, "Company", "companyId"),
                input.name,
                input.website,
                optional_uuid(input.owner_id, "Employee", "ownerId"),
                input.idempotency_key,
            ),
        )

    @mutation(scope("crm:write"), "A new contact.", InvalidInput, NotFound, KeyReused)
    async def create_contact(self, info: strawberry.Info, input: CreateContactInput) -> ContactPayload | None:
        return await payload(
            ContactPayload,
            contact=lambda: contacts.create_contact(
                info.context,
                input.name,
                input.email,
                optional_uuid(input.company_id, "Company", "companyId"),
                optional_uuid(input.owner_id, "Employee", "ownerId"),
                input.idempotency_key,
            ),
        )

    @mutation(scope("crm:write"), "Changes a contact.", InvalidInput, NotFound, KeyReused)
    async def change_contact(self, info: strawberry.Info, input: ChangeContactInput) -> ContactPayload | None:
        return await payload(
            ContactPayload,
            contact=lambda: contacts.change_contact(
                info.context,
                uuid_of(input.contact_id, "Contact", "contactId"),
                input.name,
                input.email,
                optional_uuid(input.company_id, "Company", "companyId"),
                optional_uuid(input.owner_id, "Employee", "ownerId"),
                input.idempotency_key,
            ),
        )
