"""Where personal data is sealed: every sealed column of commerce, and what opens them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from datasources.cipher import Cipher
from datasources.commerce.tables import ADDRESSES, CUSTOMERS, ORDERS
from datasources.sql import Database, Row, Rows, Transaction

PLACES: dict[sa.Column[Any], bytes] = {
    CUSTOMERS.c.sealed_name: b"customers.name:",
    CUSTOMERS.c.sealed_email: b"customers.email:",
    CUSTOMERS.c.sealed_phone: b"customers.phone:",
    ADDRESSES.c.sealed: b"addresses:",
    ORDERS.c.sealed_address: b"orders.address:",
}
"""What each sealed column is bound to, together with the row's id. Re-encryption goes through all of these."""


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


@dataclass(frozen=True)
class SealedRow:
    """A row whose sealed columns open when they are read.

    So what nobody selects costs nothing, and a seal that does not open is a fault of its own field, not of the page.
    """

    row: Row
    cipher: Cipher

    def opened(self, column: sa.Column[Any]) -> str | None:
        """The text of a sealed column; None where nothing is kept. Raises: SealBroken."""
        sealed = getattr(self.row, column.name)
        return None if sealed is None else self.cipher.open(sealed, PLACES[column] + self.row.id.bytes)

    def __getattr__(self, column: str) -> Any:
        return getattr(self.row, column)


def seal(cipher: Cipher, column: sa.Column[Any], id: UUID, text: str) -> bytes:
    """`text` as it is kept in this column of the row with this id."""
    return cipher.seal(text, PLACES[column] + id.bytes)


async def sealed_after(database: Database, column: sa.Column[Any], id: UUID, limit: int) -> Rows:
    """The next `id` and `sealed` of this column, by id. Source: one SELECT."""
    ids = column.table.c.id
    found = sa.select(ids, column.label("sealed")).where(column.is_not(None), ids > id)
    return await database.rows(found.order_by(ids).limit(limit))


async def replace_sealed(transaction: Transaction, column: sa.Column[Any], id: UUID, *, old: bytes, new: bytes) -> bool:
    """False where another writer was faster: what it wrote stays."""
    unchanged = (column.table.c.id == id, column == old)
    return bool(await transaction.write(sa.update(column.table).where(*unchanged).values({column: new})))
