"""Transfers: money that moves in, out, from one to another, and back."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from datasources.errors import InvalidInput, KeyReused, NotFound
from datasources.finance.errors import (
    HoldEnded,
    InsufficientFunds,
    LimitReached,
    NotReversible,
    NotScreened,
    QuoteExpired,
    RateUnknown,
)
from datasources.finance.transfers import QUOTE_HOLDS, TransferKind, TransferStatus
from datasources.money import Currency
from loaders.finance import FinanceLoaders
from resolvers.finance import holds, transfers
from resolvers.finance.transfers import Send
from schema.access import INHERITED, SIGNED_IN, policy, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enums import told
from schema.fields import computed, edge, root, root_page
from schema.finance.accounts import KEY, Account, Hold
from schema.money import Money, MoneyInput
from schema.node import Node, global_id, id_of, uuid_of
from schema.problems import Problem, mutation, payload

if TYPE_CHECKING:
    from schema.finance.books import Entry
    from schema.finance.cases import Case

SIDES = policy("who sends it, who receives it once it is posted, or scope books:read, books:write, cases:read")

told(
    TransferKind,
    "What a transfer is.",
    DEPOSIT="Money came in.",
    WITHDRAWAL="Money was paid out.",
    TRANSFER="From one account to another.",
    CAPTURE="A hold was taken.",
)
told(
    TransferStatus,
    "How far a transfer is.",
    POSTED="It is booked.",
    WAITING="The screening service is away: the money is held until it says something of who would receive it.",
    HELD="Officers look at it; the money is held meanwhile where it comes from.",
    REJECTED="It was given back.",
    REVERSED="It was booked, and then the opposite.",
)


@strawberry.type(description="Money that moves from one account to another.", directives=[SIDES])
class Transfer(Node, batch=FinanceLoaders.transfer_by_id):
    kind: TransferKind = computed(TransferKind, "kind")
    status: TransferStatus = computed(TransferStatus, "status")
    amount: Money = computed(Money.of, "amount_minor", "currency", description="What leaves the one account.")
    received: Money = computed(
        Money.of, "to_amount_minor", "to_currency", description="What comes to the other; differs with the currency."
    )
    text: str
    source: Account | None = edge(
        FinanceLoaders.account_by_id, key="from_account_id", description="Null where you may not see it."
    )
    target: Account | None = edge(
        FinanceLoaders.account_by_id, key="to_account_id", description="Null where you may not see it."
    )
    entry: Annotated["Entry", strawberry.lazy("schema.finance.books")] | None = edge(
        FinanceLoaders.entry_by_id,
        key="entry_id",
        description="Null before it is posted, and unless you read the books.",
    )
    case: Annotated["Case", strawberry.lazy("schema.finance.cases")] | None = edge(
        FinanceLoaders.case_by_transfer,
        key="id",
        access=scope("cases:read"),
        description="For officers alone; null where there is none.",
    )
    created_at: datetime
    updated_at: datetime


@strawberry.type(description="A rate that is promised to you.", directives=[INHERITED])
class Quote:
    id: strawberry.ID = computed(lambda id: global_id("Quote", id), "id", description="For one transfer.")
    currency: Currency = computed(Currency, "currency")
    to_currency: Currency = computed(Currency, "to_currency")
    rate: Decimal = computed(Decimal, "rate", description="How much of `toCurrency` is one of `currency`.")
    expires_at: datetime


def _in_status(status: TransferStatus | None = None) -> dict[str, Any]:
    return {"status": status}


@strawberry.type
class TransfersQuery:
    transfer: Transfer | None = root(
        FinanceLoaders.transfer_by_id,
        SIGNED_IN,
        "The transfer with this id; null where there is none, or none that you may see.",
        key=id_of("Transfer"),
    )
    transfers: Connection[Transfer] | None = root_page(
        FinanceLoaders.transfers,
        SIGNED_IN,
        "Your transfers, or everybody's for the books and officers; the newest first.",
        arguments=_in_status,
    )


@strawberry.input(description="Money in, or out, of an account.")
class MoveMoneyInput:
    account_id: strawberry.ID
    amount: MoneyInput = strawberry.field(description="In the account's currency.")
    text: str = strawberry.field(description="For the statement.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="Sends money from an account of yours to another.")
class SendMoneyInput:
    account_id: strawberry.ID
    to_number: str = strawberry.field(description="The number of the account that receives it.")
    amount: MoneyInput = strawberry.field(description="What leaves your account, in its currency.")
    quote_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of `quoteRate`, where the other account has another currency."
    )
    text: str = strawberry.field(description="For both statements.")
    idempotency_key: str = strawberry.field(description=KEY)

    def command(self) -> Send:
        """Raises: InvalidInput."""
        return Send(
            uuid_of(self.account_id, "Account", "accountId"),
            self.to_number,
            self.amount.value("amount"),
            None if self.quote_id is None else uuid_of(self.quote_id, "Quote", "quoteId"),
            self.text,
        )


@strawberry.input(description="Takes what is held, to an account of the same currency.")
class CaptureHoldInput:
    hold_id: strawberry.ID
    to_number: str = strawberry.field(description="The number of the account that receives it.")
    amount: MoneyInput | None = strawberry.field(default=None, description="Less than is held; the rest is let go.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="Lets go what is held.")
class ReleaseHoldInput:
    hold_id: strawberry.ID
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="Books the opposite of a transfer.")
class ReverseTransferInput:
    transfer_id: strawberry.ID
    text: str = strawberry.field(description="Why, for the statements.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="Asks for a rate.")
class QuoteRateInput:
    currency: Currency = strawberry.field(description="Of what you send.")
    to_currency: Currency = strawberry.field(description="Of what is received.")


@strawberry.type(description="There is less than was asked for.", directives=[INHERITED])
class InsufficientFundsProblem(Problem):
    refusal = InsufficientFunds

    available: Money


@strawberry.type(description="More was to go out in a day than may.", directives=[INHERITED])
class LimitReachedProblem(Problem):
    refusal = LimitReached

    left: Money = strawberry.field(description="What may still go out today (UTC).")


@strawberry.type(description="The transfer, whose status says what became of it; or why not.", directives=[INHERITED])
class TransferPayload:
    transfer: Transfer | None = None
    problem: Problem | None = None


@strawberry.type(description="The hold as it is now, or why it was refused.", directives=[INHERITED])
class HoldPayload:
    hold: Hold | None = None
    problem: Problem | None = None


@strawberry.type(description="The promise, or why there is none.", directives=[INHERITED])
class QuotePayload:
    quote: Quote | None = None
    problem: Problem | None = None


_OUT = (InvalidInput, NotFound, InsufficientFunds, LimitReached, NotScreened, RateUnknown)
_WRITE = scope("books:write")


@strawberry.type
class TransfersMutation:
    @mutation(SIGNED_IN, "Sends money of yours to an account.", *_OUT, QuoteExpired, KeyReused, cost=Cost(weight=200))
    async def send_money(self, info: strawberry.Info, input: SendMoneyInput) -> TransferPayload | None:
        return await payload(
            TransferPayload,
            transfer=lambda: transfers.transfer(info.context, input.command(), input.idempotency_key),
        )

    @mutation(SIGNED_IN, "Pays money of yours out.", *_OUT, KeyReused)
    async def withdraw(self, info: strawberry.Info, input: MoveMoneyInput) -> TransferPayload | None:
        return await payload(
            TransferPayload, transfer=lambda: transfers.withdraw(info.context, *_moved(input), input.idempotency_key)
        )

    @mutation(
        _WRITE,
        "Books money that came in for an account; officers may look at it first.",
        InvalidInput,
        NotFound,
        RateUnknown,
        KeyReused,
    )
    async def deposit(self, info: strawberry.Info, input: MoveMoneyInput) -> TransferPayload | None:
        return await payload(
            TransferPayload, transfer=lambda: transfers.deposit(info.context, *_moved(input), input.idempotency_key)
        )

    @mutation(_WRITE, "Keeps money of an account.", InvalidInput, NotFound, InsufficientFunds, KeyReused)
    async def hold_money(self, info: strawberry.Info, input: MoveMoneyInput) -> HoldPayload | None:
        return await payload(HoldPayload, hold=lambda: holds.hold(info.context, *_moved(input), input.idempotency_key))

    @mutation(_WRITE, "Takes what is held, or less of it.", InvalidInput, NotFound, HoldEnded, RateUnknown, KeyReused)
    async def capture_hold(self, info: strawberry.Info, input: CaptureHoldInput) -> TransferPayload | None:
        return await payload(
            TransferPayload,
            transfer=lambda: holds.capture(
                info.context,
                uuid_of(input.hold_id, "Hold", "holdId"),
                input.to_number,
                None if input.amount is None else input.amount.value("amount"),
                input.idempotency_key,
            ),
        )

    @mutation(_WRITE, "Lets go what is held.", InvalidInput, NotFound, HoldEnded, KeyReused)
    async def release_hold(self, info: strawberry.Info, input: ReleaseHoldInput) -> HoldPayload | None:
        return await payload(
            HoldPayload,
            hold=lambda: holds.release(info.context, uuid_of(input.hold_id, "Hold", "holdId"), input.idempotency_key),
        )

    @mutation(
        _WRITE,
        "Books the opposite of a transfer; nothing is deleted.",
        InvalidInput,
        NotFound,
        NotReversible,
        InsufficientFunds,
        KeyReused,
    )
    async def reverse_transfer(self, info: strawberry.Info, input: ReverseTransferInput) -> TransferPayload | None:
        return await payload(
            TransferPayload,
            transfer=lambda: transfers.reverse(
                info.context,
                uuid_of(input.transfer_id, "Transfer", "transferId"),
                input.text,
                input.idempotency_key,
            ),
        )

    @mutation(
        SIGNED_IN,
        f"Promises you the rate of now, for {QUOTE_HOLDS.seconds} seconds and one transfer.",
        InvalidInput,
        RateUnknown,
    )
    async def quote_rate(self, info: strawberry.Info, input: QuoteRateInput) -> QuotePayload | None:
        return await payload(
            QuotePayload, quote=lambda: transfers.quote_rate(info.context, input.currency, input.to_currency)
        )


def _moved(input: MoveMoneyInput) -> tuple[Any, Any, str]:
    """Raises: InvalidInput."""
    return uuid_of(input.account_id, "Account", "accountId"), input.amount.value("amount"), input.text
