"""Sample customers and staff: all at example.com, and plainly made up."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from datasources.commerce.sample import words
from datasources.commerce.sample.draft import Draft
from datasources.commerce.seals import PostalAddress
from datasources.commerce.tables import ADDRESSES, CUSTOMERS, STAFF

_STAFF = {
    "admin": ("Adele Minister", "*"),
    "catalogue": ("Carl Ogden", "catalogue:write"),
    "support": ("Suzan Porto", "customers:read customers:write orders:read"),
    "warehouse": ("Waldo Hauser", "inventory:read inventory:write orders:read orders:write"),
    "analyst": ("Anna Lystra", "analytics:read"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """A customer, at home."""

    id: UUID
    address: PostalAddress


def add_staff(draft: Draft) -> dict[str, UUID]:
    """Ids of the staff by what they do: the name in their addresses."""
    at = draft.before_the_start()
    return {
        name: draft.add(
            STAFF, at, email_index=draft.email_index.of(f"{name}@example.com"), name=full_name, scopes=scopes
        )
        for name, (full_name, scopes) in _STAFF.items()
    }


def add_customers(draft: Draft) -> list[Person]:
    """Ada, Bo, then the others."""
    named = [("Ada Byron", "ada@example.com", "DE"), ("Bo Lindqvist", "bo@example.com", "SE")]
    people = [_add_customer(draft, *one) for one in named]
    shares = [country.share for country in words.COUNTRIES.values()]
    for number in range(len(named), draft.scaled(2000, at_least=10)):
        first, last = draft.random.choice(words.FIRST_NAMES), draft.random.choice(words.LAST_NAMES)
        (country,) = draft.random.choices(list(words.COUNTRIES), shares)
        email = f"{first}.{last}.{number}@example.com".lower()
        people.append(_add_customer(draft, f"{first} {last}", email, country))
    return people


def _add_customer(draft: Draft, name: str, email: str, country: str) -> Person:
    at = draft.before_the_start()
    id = draft.id(at)
    home = words.COUNTRIES[country]
    phone = home.phone and _filled(home.phone, draft.random)
    draft.rows[CUSTOMERS].append(
        {
            "id": id,
            "email_index": draft.email_index.of(email),
            "sealed_name": draft.seal(CUSTOMERS.c.sealed_name, id, name),
            "sealed_email": draft.seal(CUSTOMERS.c.sealed_email, id, email),
            "sealed_phone": phone and draft.seal(CUSTOMERS.c.sealed_phone, id, phone),
            "currency": home.currency,
            "created_at": at,
            "erased_at": None,
        }
    )
    addresses = [_add_address(draft, id, name, country, at) for _ in range(draft.random.choice((1, 1, 2)))]
    return Person(id, addresses[0])


def _add_address(draft: Draft, customer_id: UUID, recipient: str, country: str, at: datetime) -> PostalAddress:
    home = words.COUNTRIES[country]
    address = PostalAddress(
        recipient=recipient,
        street=f"{draft.random.randrange(1, 200)} {draft.random.choice(words.STREETS)}",
        city=draft.random.choice(home.cities),
        postal_code=_filled(home.postal_code, draft.random),
        country=country,
    )
    id = draft.id(at)
    sealed = draft.seal(ADDRESSES.c.sealed, id, address.json())
    draft.rows[ADDRESSES].append({"id": id, "customer_id": customer_id, "sealed": sealed, "created_at": at})
    return address


def _filled(pattern: str, random: Random) -> str:
    return "".join(random.choice("0123456789") if character == "#" else character for character in pattern)
