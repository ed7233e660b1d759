"""Where personal data is sealed: every sealed column of commerce, and what opens them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

import orjson
import sqlalchemy as sa

from datasources.actor import Actor
from datasources.cipher import Cipher, SealBroken
from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import ADDRESSES, CUSTOMERS, ORDERS
from datasources.sql import Database, Transaction
from datasources.table import Rows

PLACES: dict[sa.Column[Any], bytes] = {
    CUSTOMERS.c.sealed_name: b"customers.name:",
    CUSTOMERS.c.sealed_email: b"customers.email:",
    CUSTOMERS.c.sealed_phone: b"customers.phone:",
    ADDRESSES.c.sealed: b"addresses:",
    ORDERS.c.sealed_address: b"orders.address:",
}
"""What each sealed column is bound to, together with the row's id. Re-encryption goes through all of these."""

T = TypeVar("T")
Sealed = tuple[UUID, bytes | None]
"""A row's id, and what is kept in its sealed column."""
Opener = Callable[[Sequence[Sealed]], Awaitable[Mapping[Sealed, T | SealBroken | None]]]
"""For a `value_by`: None where nothing is kept, and its error for a seal that does not open: no other key fails."""


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """`country` is an ISO 3166 alpha-2 code."""

    recipient: str
    street: str
    city: str
    postal_code: str
    country: str

    def json(self) -> str:
        return orjson.dumps(self).decode()

    @classmethod
    def of_json(cls, text: str) -> "PostalAddress":
        return cls(**orjson.loads(text))


class Seals:
    """Opens what rows keep sealed. Whoever has the row passed its policy, so there is none here; no source is asked."""

    def __init__(self, sources: CommerceSources, actor: Actor) -> None:
        self._cipher = sources.cipher
        self._addresses: dict[Sealed, PostalAddress | None] = {}

    def address(self, column: sa.Column[Any], id: UUID, sealed: bytes | None) -> PostalAddress | None:
        """What the row with this id keeps in a column of addresses, opened once. Raises: SealBroken."""
        if (id, sealed) not in self._addresses:
            text = unseal(self._cipher, column, id, sealed)
            self._addresses[id, sealed] = None if text is None else PostalAddress.of_json(text)
        return self._addresses[id, sealed]

    def texts(self, column: sa.Column[Any]) -> Opener[str]:
        return _opener(lambda id, sealed: unseal(self._cipher, column, id, sealed))

    def addresses(self, column: sa.Column[Any]) -> Opener[PostalAddress]:
        return _opener(lambda id, sealed: self.address(column, id, sealed))

    def address_parts(self, column: sa.Column[Any], part: str) -> Opener[str]:
        """Of a column that is never null."""
        read = attrgetter(part)
        return _opener(lambda id, sealed: read(self.address(column, id, sealed)))


def _opener(open: Callable[[UUID, bytes | None], T | None]) -> Opener[T]:
    async def opened(keys: Sequence[Sealed]) -> Mapping[Sealed, T | SealBroken | None]:
        found: dict[Sealed, T | SealBroken | None] = {}
        for key in keys:
            try:
                found[key] = open(*key)
            except SealBroken as broken:
                found[key] = broken
        return found

    return opened


def seal(cipher: Cipher, column: sa.Column[Any], id: UUID, text: str) -> bytes:
    """`text` as it is kept in this column of the row with this id."""
    return cipher.seal(text, PLACES[column] + id.bytes)


def unseal(cipher: Cipher, column: sa.Column[Any], id: UUID, sealed: bytes | None) -> str | None:
    """The text that is kept in this column of the row with this id; None where nothing is. Raises: SealBroken."""
    return None if sealed is None else cipher.open(sealed, PLACES[column] + id.bytes)


async def wrong_key(sources: CommerceSources) -> str | None:
    """The setting that does not fit what is kept, by the newest customer: `encryption_keys` or `index_secret`.

    None where both do, and where there are no customers yet. Source: one SELECT.
    """
    kept = sa.select(CUSTOMERS.c.id, CUSTOMERS.c.sealed_email, CUSTOMERS.c.email_index)
    living = kept.where(CUSTOMERS.c.sealed_email.is_not(None))
    newest = await sources.database.row(living.order_by(CUSTOMERS.c.id.desc()).limit(1))
    if newest is None:
        return None
    try:
        email = unseal(sources.cipher, CUSTOMERS.c.sealed_email, newest.id, newest.sealed_email)
    except SealBroken:
        return "encryption_keys"
    return None if email and sources.email_index.of(email) == newest.email_index else "index_secret"


async def sealed_after(database: Database, column: sa.Column[Any], id: UUID, limit: int) -> Rows:
    """The next `id` and `sealed` of this column, by id. Source: one SELECT."""
    ids = column.table.c.id
    found = sa.select(ids, column.label("sealed")).where(column.is_not(None), ids > id)
    return await database.rows(found.order_by(ids).limit(limit))


async def replace_sealed(transaction: Transaction, column: sa.Column[Any], id: UUID, *, old: bytes, new: bytes) -> bool:
    """False where another writer was faster: what it wrote stays."""
    unchanged = (column.table.c.id == id, column == old)
    return bool(await transaction.write(sa.update(column.table).where(*unchanged).values({column: new})))
