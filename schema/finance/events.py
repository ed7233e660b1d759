"""What happens in finance, as those hear of it who subscribe."""

from datetime import datetime

import strawberry

from datasources.actor import Actor
from datasources.events import Cursor, Topic, types_of
from datasources.finance.events import EventType
from datasources.finance.policies import visible_accounts, visible_transfers
from datasources.finance.stores import Finance
from datasources.money import Currency
from datasources.statements import EVERY
from loaders.finance import FinanceLoaders
from schema.access import PUBLIC, SIGNED_IN, scope
from schema.enums import told
from schema.feeds import GO_ON, HEARD, OfSubjects, feed
from schema.fields import computed, edge
from schema.finance.accounts import Account
from schema.finance.cases import Case
from schema.finance.rates import EuroRate
from schema.finance.transfers import Transfer
from schema.node import uuid_of

_ACCOUNTS = types_of(EventType, "balance", "account")
_TRANSFERS = types_of(EventType, "transfer")

told(
    EventType,
    "What happened.",
    name="FinanceEventType",
    BALANCE_BOOKED="An entry changed an account.",
    BALANCE_HELD="A hold was placed, taken or let go.",
    TRANSFER_RECEIVED="A transfer was posted, told to who receives it.",
)


@strawberry.interface(description="Something that happened in finance.")
class FinanceEvent(OfSubjects):
    cursor: Cursor = strawberry.field(description=GO_ON)
    type: EventType = computed(EventType, "type")
    at: datetime


@strawberry.type(description="Something became of an account.", directives=[HEARD])
class BalanceEvent(FinanceEvent):
    subjects = ("balance", "account")

    account: Account | None = edge(
        FinanceLoaders.account_by_id, key="subject", description="As it is now; null where you may not see it."
    )


@strawberry.type(description="Something became of a transfer.", directives=[HEARD])
class TransferEvent(FinanceEvent):
    subjects = ("transfer",)

    transfer: Transfer | None = edge(
        FinanceLoaders.transfer_by_id, key="subject", description="As it is now; null where you may not see it."
    )


@strawberry.type(description="A case was opened, or an officer has decided.", directives=[HEARD])
class CaseEvent(FinanceEvent):
    subjects = ("case",)

    case: Case | None = edge(FinanceLoaders.case_by_id, key="subject", description="As it is now.")


@strawberry.type(description="A rate changed.", directives=[HEARD])
class RateEvent(FinanceEvent):
    subjects = ("rate",)

    rate: EuroRate | None = edge(FinanceLoaders.rate_by_subject, key="subject", description="As it is now.")


def _balances(actor: Actor, id: strawberry.ID | None = None) -> Topic:
    """Raises: InvalidInput."""
    if id is not None:
        return Topic(_ACCOUNTS, frozenset((uuid_of(id, "Account"),)))
    return Topic(_ACCOUNTS, None if visible_accounts(actor) is EVERY else frozenset((actor.signed_in,)))


def _transfers(actor: Actor, id: strawberry.ID | None = None) -> Topic:
    """Staff hear of each once. Raises: InvalidInput."""
    every = visible_transfers(actor) is EVERY
    types = _TRANSFERS - {EventType.TRANSFER_RECEIVED} if every else _TRANSFERS
    if id is not None:
        return Topic(types, frozenset((uuid_of(id, "Transfer"),)))
    return Topic(types, None if every else frozenset((actor.signed_in,)))


def _cases(_: Actor) -> Topic:
    return Topic(types_of(EventType, "case"))


def _rates(_: Actor, currency: Currency | None = None) -> Topic:
    return Topic(types_of(EventType, "rate"), where=() if currency is None else (("currency", currency.value),))


def _all(_: Actor, types: list[EventType] | None = None) -> Topic:
    return Topic(frozenset(EventType if types is None else types))


@strawberry.type
class FinanceSubscription:
    balance_changed: BalanceEvent = feed(
        Finance,
        SIGNED_IN,
        "What becomes of an account, of yours, or of all that you may see.",
        topic=_balances,
        seen=FinanceLoaders.account_by_id,
    )
    transfer_changed: TransferEvent = feed(
        Finance,
        SIGNED_IN,
        "What becomes of a transfer, of yours, or of all that you may see.",
        topic=_transfers,
        seen=FinanceLoaders.transfer_by_id,
    )
    case_changed: CaseEvent = feed(Finance, scope("cases:read"), "What becomes of all cases.", topic=_cases)
    rate_changed: RateEvent = feed(Finance, PUBLIC, "What becomes of the rate of a currency, or of all.", topic=_rates)
    finance_events: FinanceEvent = feed(
        Finance, scope("events:read"), "Everything that happens in finance, or some types of it.", topic=_all
    )
