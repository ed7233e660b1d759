"""Customers and their addresses; personal data is sealed on its way in, and rows come as they are kept: sealed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.policies import visible_addresses, visible_customers
from datasources.commerce.seals import PostalAddress, seal
from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import ADDRESSES, CUSTOMERS
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.sql import Transaction
from datasources.statements import Columns, Condition, among, equal, projection, read
from datasources.table import Rows

_SEALED = {"name": CUSTOMERS.c.sealed_name, "email": CUSTOMERS.c.sealed_email, "phone": CUSTOMERS.c.sealed_phone}
_NEWEST = Sort("newest", (CUSTOMERS.c.created_at, CUSTOMERS.c.id), descending=True)


class Customers:
    def __init__(self, sources: CommerceSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._cipher = sources.cipher
        self._email_index = sources.email_index
        self._actor = actor

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Customers with these ids, erased ones too, in no order; unknown and foreign ids are left out.

        Source: table `customers`, one SELECT. Raises: SourceUnavailable, SourceTimeout.
        """
        return await self._database.rows(
            read(projection(CUSTOMERS, columns), among(CUSTOMERS.c.id, ids), self._visible)
        )

    async def pages(
        self, keys: Sequence[str], asked: PageArguments, *, email: str | None, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """Customers, the newest first; with `email` the one who has it. Source: one SELECT. Raises: InvalidInput."""
        return await self._listing(email, columns).pages(self._database, self._cursors, asked)

    async def counts(self, keys: Sequence[str], *, email: str | None) -> Mapping[Any, int]:
        return await self._listing(email).counts(self._database)

    async def addresses_by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Addresses with these ids, in no order; unknown and foreign ids are left out. Source: one SELECT."""
        return await self._addresses(among(ADDRESSES.c.id, ids), columns)

    async def addresses_of(self, customer_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Addresses of these customers, the oldest first; each tells its `customer_id`. Source: one SELECT."""
        return await self._addresses(among(ADDRESSES.c.customer_id, customer_ids), columns)

    async def hold(self, transaction: Transaction, id: UUID) -> bool:
        """Keeps others from erasing or changing this customer until the transaction ends.

        False where there is none, or it is erased. Whatever adds personal data, orders or payments holds first.
        """
        visible = self._visible
        living = sa.select(CUSTOMERS).where(CUSTOMERS.c.id == id, CUSTOMERS.c.erased_at.is_(None), visible.predicate)
        return await transaction.row(living.with_for_update(), visible.values) is not None

    async def insert(self, transaction: Transaction, id: UUID, profile: Mapping[str, Any], at: datetime) -> None:
        """`profile` has name, email, phone and currency. Raises: IntegrityError where the email is taken."""
        values = {**self._columns(id, profile), "email_index": self._email_index.of(profile["email"])}
        await transaction.write(sa.insert(CUSTOMERS).values(id=id, created_at=at, **values))

    async def update(self, transaction: Transaction, id: UUID, profile: Mapping[str, Any]) -> bool:
        """Changes name, phone or currency, those that are given; False where nobody living has this id."""
        living = (CUSTOMERS.c.id == id, CUSTOMERS.c.erased_at.is_(None))
        changed = sa.update(CUSTOMERS).where(*living).values(self._columns(id, profile))
        return bool(await transaction.write(changed))

    async def count_addresses(self, transaction: Transaction, customer_id: UUID) -> int:
        """Exact until the end of the transaction for who holds the customer."""
        count = sa.select(sa.func.count()).select_from(ADDRESSES).where(ADDRESSES.c.customer_id == customer_id)
        return int((await transaction.rows(count))[0][0])

    async def insert_address(
        self, transaction: Transaction, id: UUID, customer_id: UUID, address: PostalAddress, at: datetime
    ) -> None:
        sealed = seal(self._cipher, ADDRESSES.c.sealed, id, address.json())
        row = {"id": id, "customer_id": customer_id, "sealed": sealed, "created_at": at}
        await transaction.write(sa.insert(ADDRESSES).values(row))

    async def delete_address(self, transaction: Transaction, id: UUID, customer_id: UUID) -> bool:
        """False where this customer has no such address."""
        mine = (ADDRESSES.c.id == id, ADDRESSES.c.customer_id == customer_id)
        return bool(await transaction.write(sa.delete(ADDRESSES).where(*mine)))

    @property
    def _visible(self) -> Condition:
        return visible_customers(self._actor)

    def _listing(self, email: str | None, columns: Columns = None) -> Listing:
        conditions = [self._visible]
        if email is not None:
            conditions.append(equal(CUSTOMERS.c.email_index, self._email_index.of(email)))
        return Listing("commerce.customers", projection(CUSTOMERS, columns), _NEWEST, conditions)

    async def _addresses(self, wanted: Condition, columns: Columns) -> Rows:
        visible = visible_addresses(self._actor)
        oldest = (ADDRESSES.c.created_at, ADDRESSES.c.id)
        return await self._database.rows(read(projection(ADDRESSES, columns), wanted, visible, order=oldest))

    def _columns(self, id: UUID, profile: Mapping[str, Any]) -> dict[str, Any]:
        columns: dict[str, Any] = {}
        for name, value in profile.items():
            column = _SEALED.get(name)
            if column is None:
                columns[name] = value
            else:
                columns[column.name] = None if value is None else seal(self._cipher, column, id, value)
        return columns
