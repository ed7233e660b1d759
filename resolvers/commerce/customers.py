"""Who buys here: profiles and addresses."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from datasources.commerce.events import EventType
from datasources.commerce.seals import PostalAddress
from datasources.commerce.stores import Commerce
from datasources.errors import InvalidInput, NotFound
from datasources.ids import uuid7
from datasources.sql import Transaction
from loaders.commerce import CommerceLoaders
from resolvers.commerce import contact
from resolvers.context import Context

MAX_ADDRESSES = 20


@dataclass(frozen=True, slots=True)
class Profile:
    """What is said of a customer; None leaves a value as it is, an empty phone removes it."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    currency: str | None = None


async def get_me(context: Context) -> Any:
    """The customer who asks; None for staff. Raises: Unauthenticated."""
    return await get_customer(context, context.actor.signed_in)


async def get_customer(context: Context, id: UUID) -> Any:
    """The customer; None where there is none, or none that the actor may see."""
    return await context.loaders.load(CommerceLoaders.customer_by_id, id)


async def create_customer(context: Context, profile: Profile) -> Any:
    """Raises: Forbidden, InvalidInput, also where the email is taken."""
    context.actor.require("customers:write")
    values = {"phone": None, **_checked(profile)}
    now = context.clock()
    id = uuid7(now)
    commerce = context.of(Commerce)
    try:
        async with commerce.sources.database.transaction() as transaction:
            await commerce.customers.insert(transaction, id, values, now)
            await commerce.events.append(transaction, EventType.CUSTOMER_CREATED, id)
    except IntegrityError:
        raise InvalidInput("email", "Another customer has this email address.") from None
    return await _fresh(context, id)


async def update_profile(context: Context, profile: Profile) -> Any:
    """Changes what is given of the customer who asks. Raises: Unauthenticated, InvalidInput, NotFound."""
    id = context.actor.signed_in
    values = _checked(profile)
    if not values:
        raise InvalidInput("input", "Nothing is to change; give a name, a phone or a currency.")
    commerce = context.of(Commerce)
    async with commerce.sources.database.transaction() as transaction:
        if not await commerce.customers.update(transaction, id, values):
            raise NotFound("customer")
        await commerce.events.append(transaction, EventType.CUSTOMER_CHANGED, id, changed=sorted(values))
    return await _fresh(context, id)


async def add_address(context: Context, address: PostalAddress, key: str) -> Any:
    """Adds an address to the customer who asks, once for `key`.

    Raises: Unauthenticated, InvalidInput, NotFound, also where it was added for this key and removed since, KeyReused.
    """
    customer_id = context.actor.signed_in
    clean = contact.postal_address(address)
    commerce = context.of(Commerce)

    async def add(transaction: Transaction) -> str:
        now = context.clock()
        id = uuid7(now)
        if not await commerce.customers.hold(transaction, customer_id):
            raise NotFound("customer")
        if await commerce.customers.count_addresses(transaction, customer_id) >= MAX_ADDRESSES:
            raise InvalidInput("input", f"You have {MAX_ADDRESSES} addresses already; remove one first.")
        await commerce.customers.insert_address(transaction, id, customer_id, clean, now)
        await commerce.events.append(transaction, EventType.CUSTOMER_ADDRESS_ADDED, customer_id, address=str(id))
        return str(id)

    added = await commerce.once(key, "addAddress", clean).do(commerce.sources.database, add)
    context.loaders.forget()
    kept = await context.loaders.load(CommerceLoaders.address_by_id, UUID(added))
    if kept is None:
        raise NotFound("address")
    return kept


async def remove_address(context: Context, id: UUID) -> Any:
    """Removes an address of the customer who asks, and gives the customer. Raises: Unauthenticated, NotFound."""
    customer_id = context.actor.signed_in
    commerce = context.of(Commerce)
    async with commerce.sources.database.transaction() as transaction:
        if not await commerce.customers.delete_address(transaction, id, customer_id):
            raise NotFound("address")
        await commerce.events.append(transaction, EventType.CUSTOMER_ADDRESS_REMOVED, customer_id, address=str(id))
    return await _fresh(context, customer_id)


async def _fresh(context: Context, id: UUID) -> Any:
    context.loaders.forget()
    return await get_customer(context, id)


def _checked(profile: Profile) -> dict[str, Any]:
    """The values to write."""
    values: dict[str, Any] = {}
    if profile.name is not None:
        values["name"] = contact.name(profile.name)
    if profile.email is not None:
        values["email"] = contact.email(profile.email)
    if profile.phone is not None:
        values["phone"] = contact.phone(profile.phone) if profile.phone.strip() else None
    if profile.currency is not None:
        values["currency"] = profile.currency
    return values
