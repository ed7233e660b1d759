"""Customers and their addresses, and the rights of a person over its data."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.scalars import JSON

from datasources.commerce.errors import ErasureTooEarly
from datasources.commerce.seals import PostalAddress
from datasources.commerce.tables import BASE_CURRENCY
from datasources.errors import InvalidInput, KeyReused, NotFound
from datasources.money import Currency
from loaders.commerce import CommerceLoaders
from resolvers.commerce import customers, privacy
from resolvers.commerce.customers import Profile
from schema import access
from schema.access import INHERITED, SIGNED_IN, policy, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.fields import edge, edge_page, root, root_page
from schema.node import Node, id_of, uuid_of
from schema.problems import Problem, mutation, payload

if TYPE_CHECKING:
    from schema.commerce.orders import Order

SEALED = Cost(weight=1)
"""To decrypt a value takes as long as to read a row."""
_OWN = policy("the customer itself, or scope customers:read or customers:write")


@strawberry.type(
    description="A postal address of a customer. Its parts are null, with an error, where they cannot be read.",
    directives=[_OWN],
)
class Address(Node, batch=CommerceLoaders.address_by_id):
    recipient: str | None = edge(
        CommerceLoaders.address_recipient,
        key=("id", "sealed"),
        cost=SEALED,
        description="Who receives what is sent here.",
    )
    street: str | None = edge(
        CommerceLoaders.address_street, key=("id", "sealed"), cost=SEALED, description="With the number of the house."
    )
    city: str | None = edge(CommerceLoaders.address_city, key=("id", "sealed"), cost=SEALED)
    postal_code: str | None = edge(CommerceLoaders.address_postal_code, key=("id", "sealed"), cost=SEALED)
    country: str | None = edge(
        CommerceLoaders.address_country,
        key=("id", "sealed"),
        cost=SEALED,
        description="Two letters of ISO 3166, as DE.",
    )
    created_at: datetime


@strawberry.type(description="Who buys here. Personal data is null after an erasure.", directives=[_OWN])
class Customer(Node, batch=CommerceLoaders.customer_by_id):
    name: str | None = edge(CommerceLoaders.customer_name, key=("id", "sealed_name"), cost=SEALED)
    email: str | None = edge(CommerceLoaders.customer_email, key=("id", "sealed_email"), cost=SEALED)
    phone: str | None = edge(
        CommerceLoaders.customer_phone,
        key=("id", "sealed_phone"),
        cost=SEALED,
        description="Null also where none was given.",
    )
    currency: Currency = strawberry.field(description="What this customer sees prices in, and pays in.")
    created_at: datetime
    erased_at: datetime | None = strawberry.field(
        description="When the personal data was erased; null where it was not."
    )
    addresses: list[Address] = edge(
        CommerceLoaders.addresses_by_customer, key="id", cost=Cost(size=2), description="The oldest first."
    )
    orders: Connection[Annotated["Order", strawberry.lazy("schema.commerce.orders")]] = edge_page(
        CommerceLoaders.orders_by_customer, key="id", description="The newest first; those that you may see."
    )


def _with_email(email: str | None = None) -> dict[str, Any]:
    return {"email": email}


@strawberry.type
class CustomersQuery:
    @access.field(SIGNED_IN, "The customer who asks; null for staff.")
    async def me(self, info: strawberry.Info) -> Customer | None:
        return await customers.get_me(info.context)

    customer: Customer | None = root(
        CommerceLoaders.customer_by_id,
        SIGNED_IN,
        "The customer with this id; null where there is none, or none that you may see.",
        key=id_of("Customer"),
    )
    customers: Connection[Customer] | None = root_page(
        CommerceLoaders.customers,
        scope("customers:read"),
        "Customers, the newest first; with `email` only the one who has it.",
        arguments=_with_email,
    )


@strawberry.input(description="A new customer.")
class CreateCustomerInput:
    name: str
    email: str = strawberry.field(description="Not that of another customer; letter case does not matter.")
    phone: str | None = None
    currency: Currency = Currency(BASE_CURRENCY)


@strawberry.input(description="What to change of your profile; what is left out stays.")
class UpdateProfileInput:
    name: str | None = None
    phone: str | None = strawberry.field(default=None, description="Empty to remove it.")
    currency: Currency | None = None


@strawberry.input(description="A postal address.")
class AddressInput:
    recipient: str
    street: str
    city: str
    postal_code: str
    country: str = strawberry.field(description="Two letters of ISO 3166, as DE.")

    def value(self) -> PostalAddress:
        return PostalAddress(self.recipient, self.street, self.city, self.postal_code, self.country)


@strawberry.input(description="A new address of yours.")
class AddAddressInput:
    address: AddressInput
    idempotency_key: str = strawberry.field(description="New for each address; a repeat adds nothing more.")


@strawberry.input(description="Which address of yours to remove.")
class RemoveAddressInput:
    address_id: strawberry.ID


@strawberry.input(description="Whose data to tell.")
class ExportCustomerInput:
    customer_id: strawberry.ID


@strawberry.input(description="Whose data to erase.")
class EraseCustomerInput:
    customer_id: strawberry.ID
    idempotency_key: str = strawberry.field(description="New for each wish; a repeat changes nothing more.")


@strawberry.type(description="The customer, or why it was refused.", directives=[INHERITED])
class CustomerPayload:
    customer: Customer | None = None
    problem: Problem | None = None


@strawberry.type(description="The address, or why it was refused.", directives=[INHERITED])
class AddressPayload:
    address: Address | None = None
    problem: Problem | None = None


@strawberry.type(description="Everything held of one customer, or why it was refused.", directives=[INHERITED])
class CustomerExportPayload:
    document: JSON | None = strawberry.field(
        default=None,
        description="profile, addresses, cart, orders with lines, history and refunds, and payments; "
        "amounts in minor units of the currency beside them.",
    )
    problem: Problem | None = None


@strawberry.type(description="We still need the data, to send and settle what was ordered.", directives=[INHERITED])
class ErasureTooEarlyProblem(Problem):
    refusal = ErasureTooEarly

    orders: list[str] = strawberry.field(
        description="Numbers of the orders to be shipped or cancelled first; empty where only a payment is open."
    )


@strawberry.type
class CustomersMutation:
    @mutation(scope("customers:write"), "Adds a customer.", InvalidInput)
    async def create_customer(self, info: strawberry.Info, input: CreateCustomerInput) -> CustomerPayload | None:
        profile = Profile(input.name, input.email, input.phone, input.currency.value)
        return await payload(CustomerPayload, customer=lambda: customers.create_customer(info.context, profile))

    @mutation(SIGNED_IN, "Changes your name, phone or currency.", InvalidInput, NotFound)
    async def update_profile(self, info: strawberry.Info, input: UpdateProfileInput) -> CustomerPayload | None:
        profile = Profile(input.name, None, input.phone, input.currency and input.currency.value)
        return await payload(CustomerPayload, customer=lambda: customers.update_profile(info.context, profile))

    @mutation(
        SIGNED_IN,
        f"Adds an address of yours; {customers.MAX_ADDRESSES} at most.",
        InvalidInput,
        NotFound,
        KeyReused,
    )
    async def add_address(self, info: strawberry.Info, input: AddAddressInput) -> AddressPayload | None:
        return await payload(
            AddressPayload,
            address=lambda: customers.add_address(info.context, input.address.value(), input.idempotency_key),
        )

    @mutation(SIGNED_IN, "Removes an address of yours; orders that went there keep it.", InvalidInput, NotFound)
    async def remove_address(self, info: strawberry.Info, input: RemoveAddressInput) -> CustomerPayload | None:
        return await payload(
            CustomerPayload,
            customer=lambda: customers.remove_address(info.context, uuid_of(input.address_id, "Address", "addressId")),
        )

    @mutation(
        SIGNED_IN,
        "Everything that we hold of you; of anybody for staff with customers:write.",
        InvalidInput,
        NotFound,
    )
    async def export_customer(self, info: strawberry.Info, input: ExportCustomerInput) -> CustomerExportPayload | None:
        return await payload(
            CustomerExportPayload,
            document=lambda: privacy.export_customer(
                info.context, uuid_of(input.customer_id, "Customer", "customerId")
            ),
        )

    @mutation(
        SIGNED_IN,
        "Erases your personal data for ever; anybody's for staff with customers:write. Orders stay, anonymised. "
        "Doing it again changes nothing.",
        InvalidInput,
        NotFound,
        ErasureTooEarly,
        KeyReused,
    )
    async def erase_customer(self, info: strawberry.Info, input: EraseCustomerInput) -> CustomerPayload | None:
        return await payload(
            CustomerPayload,
            customer=lambda: privacy.erase_customer(
                info.context, uuid_of(input.customer_id, "Customer", "customerId"), input.idempotency_key
            ),
        )
