"""Accounts, their statements and holds, and what they are worth together."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from datasources.errors import InvalidInput, KeyReused, NotFound
from datasources.finance.compliance import Level, ScreeningStatus
from datasources.finance.errors import FourEyes
from datasources.finance.ledger import AccountKind, EntryKind, HoldStatus
from datasources.money import Currency
from loaders.finance import FinanceLoaders
from resolvers.finance import accounts, cases
from resolvers.finance.rules import DAILY_BASE_MINOR
from schema import access
from schema.access import INHERITED, SIGNED_IN, policy, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enums import told
from schema.fields import computed, edge, edge_page, root, root_page
from schema.money import Money, MoneyInput
from schema.node import Node, id_of, uuid_of
from schema.problems import Problem, mutation, payload

if TYPE_CHECKING:
    from schema.finance.books import Entry

OWN = policy("its holder, or scope books:read or books:write")
KEY = "New for each wish; a repeat does nothing more."

told(
    AccountKind,
    "What an account is for; all but wallets are the house's own.",
    WALLET="A customer's money.",
    CASH="At the bank.",
    CLEARING="At the payment service, on its way to the bank.",
    TAX="What the state is owed of sales.",
    INPUT_TAX="What the state gives back of purchases.",
    RECEIVABLE="What customers owe for invoices.",
    PAYABLE="What suppliers are owed.",
    EXCHANGE="Where the house takes and gives currencies.",
)
told(
    EntryKind,
    "Why money moved.",
    CAPTURE="A hold was taken.",
    SALE="An order was paid.",
    REFUND="Of an order.",
    PAYMENT="Of an invoice.",
)
told(HoldStatus, "What became of a hold.", CAPTURED="It was taken.", RELEASED="It was let go.")
told(
    Level,
    "How well a holder is known, which bounds what may be sent in a day.",
    name="IdentityLevel",
    NONE="Nothing can be sent.",
    **{
        level.name: f"Up to {DAILY_BASE_MINOR[level] // 100:,} EUR a day." for level in Level if level is not Level.NONE
    },
)
told(
    ScreeningStatus,
    "What the screening service said of a name.",
    WAITING="Nothing yet; it is asked again.",
    HIT="It is on a list: nothing can be sent.",
)


@strawberry.type(description="Who has accounts.", directives=[policy("itself, or scope cases:read or cases:write")])
class Holder(Node, batch=FinanceLoaders.holder_by_id):
    name: str | None = edge(
        FinanceLoaders.holder_name,
        key=("id", "sealed_name"),
        description="As it is screened; null, with an error, where it cannot be read.",
    )
    level: Level = computed(Level, "level")
    screening: ScreeningStatus | None = edge(
        FinanceLoaders.screening_by_holder,
        key="id",
        access=scope("cases:read"),
        description="For officers alone.",
    )
    created_at: datetime


@strawberry.type(description="A line of an account's statement.", directives=[OWN])
class StatementLine:
    number: int = strawberry.field(description="Counts the account's lines, from 1.")
    kind: EntryKind = computed(EntryKind, "kind")
    text: str
    amount: Money = computed(
        Money.of, "amount_minor", "currency", description="Credited; negative where it was debited."
    )
    balance: Money = computed(Money.of, "balance_minor", "currency", description="Booked after this line.")
    entry: Annotated["Entry", strawberry.lazy("schema.finance.books")] | None = edge(
        FinanceLoaders.entry_by_id, key="entry_id", description="With both sides; null unless you may read the books."
    )
    at: datetime


@strawberry.type(description="Money that is spoken for.", directives=[OWN])
class Hold(Node, batch=FinanceLoaders.hold_by_id):
    amount: Money = computed(Money.of, "amount_minor", "currency")
    status: HoldStatus = computed(HoldStatus, "status")
    text: str
    created_at: datetime


@strawberry.type(description="What somebody has, or the house, in one currency.", directives=[OWN])
class Account(Node, batch=FinanceLoaders.account_by_id):
    number: str = strawberry.field(description="Unique, for people: whoever knows it can send money here.")
    kind: AccountKind = computed(AccountKind, "kind")
    currency: Currency = computed(Currency, "currency")
    holder: Holder | None = edge(
        FinanceLoaders.holder_by_id,
        key="owner_id",
        description="Null of the house's own, and where you may not see it.",
    )
    booked: Money = computed(Money.of, "booked_minor", "currency", description="Of all lines.")
    held: Money = computed(Money.of, "held_minor", "currency", description="Of all holds.")
    available: Money = computed(
        lambda booked, held, currency: Money.of(booked - held, currency),
        "booked_minor",
        "held_minor",
        "currency",
        description="What can be sent, within the limits.",
    )
    daily_limit: Money | None = computed(
        lambda limit, currency: None if limit is None else Money.of(limit, currency),
        "daily_limit_minor",
        "currency",
        description="What may go out in a day (UTC); null where only the holder's identity bounds it.",
    )
    opened_at: datetime
    statement: Connection[StatementLine] = edge_page(
        FinanceLoaders.statement_by_account, key="id", description="The newest first, with the balance after each."
    )
    holds: list[Hold] = edge(
        FinanceLoaders.holds_by_account, key="id", cost=Cost(size=3), description="What is held now, the oldest first."
    )


@strawberry.type(description="A holder's accounts together.", directives=[INHERITED])
class Portfolio:
    value: Money = strawberry.field(description="At the newest rates.")
    accounts: list[Account] = strawberry.field(description="The oldest first.", directives=[Cost(size=5)])


def _of_whom(house: bool | None = None) -> dict[str, Any]:
    return {"house": house}


@strawberry.type
class AccountsQuery:
    account: Account | None = root(
        FinanceLoaders.account_by_id,
        SIGNED_IN,
        "The account with this id; null where there is none, or none that you may see.",
        key=id_of("Account"),
    )
    accounts: Connection[Account] | None = root_page(
        FinanceLoaders.accounts,
        SIGNED_IN,
        "Your accounts, or everybody's for the books: with `house` only the house's own, or only customers'.",
        arguments=_of_whom,
    )

    @access.field(SIGNED_IN, "Your accounts, and what they are worth in a currency.")
    async def portfolio(self, info: strawberry.Info, currency: Currency = Currency.EUR) -> Portfolio | None:
        found: Any = await accounts.portfolio(info.context, currency)
        return found


@strawberry.input(description="Opens a wallet of yours.")
class OpenAccountInput:
    currency: Currency
    name: str = strawberry.field(description="Yours, in full, as your papers have it; kept with the first account.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="Bounds what may go out of an account of yours.")
class LimitAccountInput:
    account_id: strawberry.ID
    limit: MoneyInput | None = strawberry.field(default=None, description="In a day (UTC); left out, there is none.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="Says how well a holder is known.")
class VerifyHolderInput:
    holder_id: strawberry.ID
    level: Level
    screening: ScreeningStatus | None = strawberry.field(
        default=None, description="What you found, where the service took the holder for somebody else, or did not see."
    )
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The account as it is now, or why it was refused.", directives=[INHERITED])
class AccountPayload:
    account: Account | None = None
    problem: Problem | None = None


@strawberry.type(description="The holder as it is now, or why it was refused.", directives=[INHERITED])
class HolderPayload:
    holder: Holder | None = None
    problem: Problem | None = None


@strawberry.type
class AccountsMutation:
    @mutation(SIGNED_IN, "Opens a wallet of yours, in one currency.", InvalidInput, KeyReused, cost=Cost(weight=150))
    async def open_account(self, info: strawberry.Info, input: OpenAccountInput) -> AccountPayload | None:
        return await payload(
            AccountPayload,
            account=lambda: accounts.open_account(info.context, input.currency, input.name, input.idempotency_key),
        )

    @mutation(SIGNED_IN, "Bounds what may go out of an account of yours.", InvalidInput, NotFound, KeyReused)
    async def limit_account(self, info: strawberry.Info, input: LimitAccountInput) -> AccountPayload | None:
        return await payload(
            AccountPayload,
            account=lambda: accounts.limit_account(
                info.context,
                uuid_of(input.account_id, "Account", "accountId"),
                None if input.limit is None else input.limit.value("limit"),
                input.idempotency_key,
            ),
        )

    @mutation(
        scope("cases:write"),
        "Says how well a holder is known, which bounds what they may send.",
        InvalidInput,
        NotFound,
        FourEyes,
        KeyReused,
    )
    async def verify_holder(self, info: strawberry.Info, input: VerifyHolderInput) -> HolderPayload | None:
        return await payload(
            HolderPayload,
            holder=lambda: cases.verify_holder(
                info.context,
                uuid_of(input.holder_id, "Holder", "holderId"),
                input.level,
                input.screening,
                input.idempotency_key,
            ),
        )
