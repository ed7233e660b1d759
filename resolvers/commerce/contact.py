"""What names, email addresses, phones and postal addresses look like. Pure rules, which say what is wrong."""

import re
from dataclasses import fields

from datasources.commerce.seals import PostalAddress
from datasources.errors import InvalidInput
from resolvers.text import plain

MAX_NAME = 120
MAX_EMAIL = 254
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+?(?:[ ()./-]*[0-9]){5,15}")
_POSTAL_CODE = re.compile(r"[A-Z0-9][A-Z0-9 -]{1,11}", re.IGNORECASE)
_COUNTRY = re.compile(r"[A-Z]{2}")


def name(text: str, field: str = "name") -> str:
    """Raises: InvalidInput, as all of these do."""
    return plain(text, field, MAX_NAME)


def email(text: str) -> str:
    clean = plain(text, "email", MAX_EMAIL)
    if not _EMAIL.fullmatch(clean):
        raise InvalidInput("email", "This is not an email address; write it like ada@example.com.")
    return clean


def phone(text: str) -> str:
    clean = text.strip()
    if not _PHONE.fullmatch(clean) or len(clean) > 32:
        raise InvalidInput("phone", "A phone number has 5 to 15 digits; write it like +49 30 901820.")
    return clean


def postal_address(address: PostalAddress) -> PostalAddress:
    """`address`, checked and without spaces around its parts."""
    clean = PostalAddress(
        **{part.name: plain(getattr(address, part.name), _camel(part.name), 200) for part in fields(address)}
    )
    if not _POSTAL_CODE.fullmatch(clean.postal_code):
        raise InvalidInput("postalCode", "A postal code has 2 to 12 letters, digits, spaces and hyphens.")
    if not _COUNTRY.fullmatch(clean.country):
        raise InvalidInput("country", "Write the country as its two letters of ISO 3166: DE, FR, US.")
    return clean


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)
