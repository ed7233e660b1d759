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
from schema.feeds import GO_ON, OfSubjects, event, everything, feed
from schema.fields import computed, edge
from schema.finance.accounts import Account
from schema.finance.cases import Case
from schema.finance.rates import EuroRate
from schema.finance.transfers import Transfer
from schema.node import edge_to, uuid_of

_ACCOUNTS = types_of(EventType, "balance", "account")
_TRANSFERS = types_of(EventType, "transfer")

_NOW = "As it is now."
_SEEN = "As it is now; null where you may not see it."

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


@event("Something became of an account.")
class BalanceEvent(FinanceEvent):
    subjects = ("balance", "account")
    account: Account | None = edge_to(Account, "subject", _SEEN)


@event("Something became of a transfer.")
class TransferEvent(FinanceEvent):
    subjects = ("transfer",)
    transfer: Transfer | None = edge_to(Transfer, "subject", _SEEN)


@event("A case was opened, or an officer has decided.")
class CaseEvent(FinanceEvent):
    subjects = ("case",)
    case: Case | None = edge_to(Case, "subject", _NOW)


@event("A rate changed.")
class RateEvent(FinanceEvent):
    subjects = ("rate",)
    rate: EuroRate | None = edge(FinanceLoaders.rate_by_subject, key="subject", description=_NOW)


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
    finance_events: FinanceEvent = everything(Finance, EventType)
