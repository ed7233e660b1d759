"""Sample data of finance: who works here, a month of rates, and wallets of the sample customers, which balance."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.cipher import Cipher
from datasources.finance.compliance import holder_place
from datasources.finance.ledger import account_number
from datasources.finance.sources import FinanceSources
from datasources.finance.tables import ACCOUNTS, CLOSINGS, ENTRIES, HOLDERS, LINES, RATES, STAFF, TRANSFERS
from datasources.ids import uuid7

Progress = Callable[[str, float], None]
DAYS = 30
MOST_PEOPLE = 300
HOUSE = UUID(int=0)
_STAFF = {
    "accountant": ("Connie Lucas", "books:read books:write"),
    "officer": ("Olive Ferrer", "cases:read cases:write"),
    "officer2": ("Otto Zwei", "cases:read cases:write"),
    "auditor": ("Audrey Torres", "audit:read books:read"),
}
_RATES = {"USD": 1.08, "GBP": 0.86, "SEK": 11.4, "CHF": 0.96, "JPY": 161.0}
_TEXTS = ("Rent", "Dinner", "Concert tickets", "Thank you!", "Train to Lyon", "Birthday present", "Half of the boat")


async def fill_own(
    sources: FinanceSources,
    *,
    scale: float = 1.0,
    sandbox_url: str | None = None,
    progress: Progress = lambda what, done: None,
) -> bool:
    """Staff, and rates four times a day for DAYS; False where there is somebody. Raises: SourceError."""
    if await sources.database.scalar(sa.select(sa.exists(sa.select(STAFF.c.id)))):
        return False
    now, random = sources.clock(), Random(7)
    staff = [
        {"id": uuid7(now), "email_index": sources.email_index.of(f"{role}@example.com"), "name": name, "scopes": scopes}
        for role, (name, scopes) in _STAFF.items()
    ]

    def write(connection: sa.Connection) -> None:
        connection.execute(sa.insert(STAFF), staff)
        connection.execute(sa.insert(RATES), [*_rates(now, random)])

    await sources.database.in_one_thread(write)
    return True


async def fill_wallets(
    sources: FinanceSources,
    people: Sequence[UUID],
    sales: Sequence[Any] = (),
    *,
    sandbox_url: str | None = None,
    progress: Progress = lambda what, done: None,
) -> bool:
    """Wallets of these people, MOST_PEOPLE of them, with salaries and what they sent each other; and postings of
    `sales`, which have order_id, currency, amount_minor, tax_minor, refunded_minor and updated_at, the oldest first.

    False where there are wallets, or nobody. Raises: SourceError.
    """
    if not people or await sources.database.scalar(sa.select(sa.exists(sa.select(HOLDERS.c.id)))):
        return False
    progress("invent", 0.0)
    draft = _Draft(sources.clock(), sources.cipher)
    await asyncio.to_thread(draft.invent, people[:MOST_PEOPLE], sales)
    await sources.database.in_one_thread(draft.write)
    progress("done", 1.0)
    return True


def _rates(now: datetime, random: Random) -> Any:
    """A walk that ends now; the newest row of each currency is a little old."""
    for currency, rate in _RATES.items():
        for step in range(DAYS * 4):
            at = now - timedelta(days=DAYS) + timedelta(hours=6 * step)
            rate *= 1 + random.uniform(-0.003, 0.003)
            yield {"currency": currency, "at": at, "day": at.date().isoformat(), "rate_nano": int(rate * 10**6) * 1000}


@dataclass(slots=True, eq=False)
class _Account:
    id: UUID
    owner_id: UUID | None
    currency: str
    booked_minor: int = 0
    lines: int = 0


@dataclass(slots=True)
class _Draft:
    """Rows in the order in which they are written, so that each line follows from the one before."""

    now: datetime
    cipher: Cipher
    random: Random = field(default_factory=lambda: Random(7))
    of_house: dict[tuple[str, str], _Account] = field(default_factory=dict)
    rows: dict[sa.Table, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def invent(self, people: Sequence[UUID], sales: Sequence[Any]) -> None:
        """Transfers are in euros, so that all of it is worth what it says."""
        start = self.now - timedelta(days=DAYS)
        cash = self._house("cash", "EUR")
        wallets = [self._open(self._holder(person, start), "wallet", start) for person in people]
        payday, salary = start + timedelta(hours=1), (800_00, 3_000_00)
        moves = [(payday, cash, wallet, self.random.randrange(*salary)) for wallet in wallets]
        for wallet in wallets:
            for _ in range(self.random.randrange(2, 8)):
                at = start + timedelta(minutes=self.random.randrange(120, DAYS * 24 * 60))
                moves.append((at, wallet, self.random.choice(wallets), self.random.randrange(1_00, 90_00)))
        for at, source, target, minor in sorted(moves, key=lambda move: move[0]):
            if source is not target and (source is cash or source.booked_minor >= minor):
                self._move(at, source, target, minor)

        for sale in sales:
            self._sale(sale)

    def _sale(self, sale: Any) -> None:
        """As `resolvers/finance/postings.py` books it; refunds, at once with the sale."""
        amount_minor, back_minor = sale.amount_minor, sale.refunded_minor
        tax_back = sale.tax_minor * back_minor // amount_minor if amount_minor else 0
        kinds = ("clearing", "revenue", "tax")
        parts = [("sale", "shipped", (-amount_minor, amount_minor - sale.tax_minor, sale.tax_minor))]
        if back_minor:
            parts.append(("refund", "refunded", (back_minor, tax_back - back_minor, -tax_back)))
        for kind, what, minors in parts:
            postings = {self._house(of, sale.currency): minor for of, minor in zip(kinds, minors, strict=True) if minor}
            if postings:
                source = f"order.{what}:{sale.order_id}"
                self._book(sale.updated_at, kind, f"Order {what}", HOUSE, postings, sale.order_id, source)

    def write(self, connection: sa.Connection) -> None:
        for table in (HOLDERS, ACCOUNTS, ENTRIES, LINES, CLOSINGS, TRANSFERS):
            connection.execute(sa.insert(table), self.rows[table])

    def _holder(self, id: UUID, at: datetime) -> UUID:
        name = self.cipher.seal("A customer", holder_place(id))
        known = {"level": "verified", "screening": "clear", "sealed_name": name, "created_at": at}
        self.rows[HOLDERS].append({"id": id, **known})
        return id

    def _house(self, kind: str, currency: str) -> _Account:
        if (kind, currency) not in self.of_house:
            self.of_house[kind, currency] = self._open(None, kind, self.now - timedelta(days=2 * 365), currency)
        return self.of_house[kind, currency]

    def _open(self, owner_id: UUID | None, kind: str, at: datetime, currency: str = "EUR") -> _Account:
        account = _Account(uuid7(at), owner_id, currency)
        nothing = {"booked_minor": 0, "held_minor": 0, "lines": 0, "daily_limit_minor": None}
        values = {"id": account.id, "number": account_number(account.id), "owner_id": owner_id, "kind": kind}
        floor = None if owner_id is None else 0
        self.rows[ACCOUNTS].append({**values, **nothing, "currency": currency, "floor_minor": floor, "opened_at": at})
        return account

    def _move(self, at: datetime, source: _Account, target: _Account, minor: int) -> None:
        kind = "transfer" if source.owner_id else "deposit"
        text = self.random.choice(_TEXTS) if source.owner_id else "Salary"
        actor = source.owner_id or HOUSE
        entry_id = self._book(at, kind, text, actor, {source: -minor, target: minor})
        said = {"kind": kind, "text": text, "actor_id": actor}
        ends = {"from_account_id": source.id, "from_owner_id": source.owner_id}
        ends |= {"to_account_id": target.id, "to_owner_id": target.owner_id}
        worth = {"amount_minor": minor, "currency": "EUR", "to_amount_minor": minor, "to_currency": "EUR"}
        done = {"base_minor": minor, "status": "posted", "entry_id": entry_id, "created_at": at, "updated_at": at}
        self.rows[TRANSFERS].append({"id": uuid7(at), **said, **ends, **worth, **done})

    def _book(
        self,
        at: datetime,
        kind: str,
        text: str,
        actor_id: UUID,
        postings: Mapping[_Account, int],
        order_id: UUID | None = None,
        source: str | None = None,
    ) -> UUID:
        entry_id = uuid7(at)
        said = {"kind": kind, "text": text, "actor_id": actor_id, "order_id": order_id, "source": source}
        self.rows[ENTRIES].append({"id": entry_id, **said, "reverses_id": None, "at": at})
        for account, amount in postings.items():
            account.booked_minor += amount
            account.lines += 1
            line = {"id": uuid7(at), "entry_id": entry_id, "account_id": account.id, "currency": account.currency}
            follows = {"number": account.lines, "amount_minor": amount, "balance_minor": account.booked_minor}
            self.rows[LINES].append(line | follows)
        self.rows[CLOSINGS].append({"entry_id": entry_id})
        return entry_id
