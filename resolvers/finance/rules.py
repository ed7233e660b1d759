"""The rules of money: data, and pure functions on values, with no I/O.

What is flagged is held until officers have looked at it. Amounts are euro cents, whatever the currency.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from datasources.finance.compliance import Level, ScreeningStatus
from datasources.finance.errors import LimitReached
from datasources.finance.transfers import Outgoing, Recent, Side
from datasources.money import Money

BASE = "EUR"

DAILY_BASE_MINOR: Mapping[Level, int] = {
    Level.NONE: 0,
    Level.BASIC: 1_000_00,
    Level.VERIFIED: 20_000_00,
    Level.FULL: 1_000_000_00,
}
"""What a holder may send in a day (UTC), over all accounts, by how well we know who it is."""


class Flag(StrEnum):
    """Why officers look at a transfer."""

    AMOUNT = "amount"
    VELOCITY = "velocity"
    STRUCTURING = "structuring"
    RECEIVED_AMOUNT = "received_amount"
    RECEIVED_VELOCITY = "received_velocity"
    RECEIVED_STRUCTURING = "received_structuring"
    SCREENING = "screening"


@dataclass(frozen=True, slots=True)
class Rule:
    """`times` transfers that one person sent, or received, `within` that time, the new one included, raise the flag:
    those worth at least `from_minor` and less than `below_minor`.
    """

    flag: Flag
    side: Side
    times: int
    within: timedelta
    from_minor: int
    below_minor: int | None = None


ONCE, HOUR, DAYS = timedelta(), timedelta(hours=1), timedelta(days=3)
RULES: Sequence[Rule] = (
    Rule(Flag.AMOUNT, Side.SENT, 1, ONCE, 10_000_00),
    Rule(Flag.VELOCITY, Side.SENT, 20, HOUR, 0),
    Rule(Flag.STRUCTURING, Side.SENT, 3, DAYS, 8_000_00, 10_000_00),
    Rule(Flag.RECEIVED_AMOUNT, Side.RECEIVED, 1, ONCE, 50_000_00),
    Rule(Flag.RECEIVED_VELOCITY, Side.RECEIVED, 50, HOUR, 0),
    Rule(Flag.RECEIVED_STRUCTURING, Side.RECEIVED, 3, DAYS, 40_000_00, 50_000_00),
)
"""Code, not settings: who changes what is looked at is seen to, by whoever reviews it and by the history."""
LOOK_BACK = max(rule.within for rule in RULES)


def flags(
    base_minor: int, now: datetime, recent: Mapping[Side, Sequence[Recent]], rules: Sequence[Rule] = RULES
) -> list[Flag]:
    """Which rules a new transfer breaks, after those of the same sender and of the same receiver before it.

    A side that is the house's own is not in `recent`.
    """
    new = Recent(base_minor, now)
    return [
        rule.flag
        for rule in rules
        if rule.side in recent and _fits(rule, new) and 1 + _count(rule, recent[rule.side], now) >= rule.times
    ]


def _count(rule: Rule, transfers: Sequence[Recent], now: datetime) -> int:
    return sum(_fits(rule, one) for one in transfers if one.at >= now - rule.within)


def _fits(rule: Rule, transfer: Recent) -> bool:
    return transfer.base_minor >= rule.from_minor and (
        rule.below_minor is None or transfer.base_minor < rule.below_minor
    )


def must_be_within_limits(
    money: Money, base_minor: int, level: Level, daily_limit_minor: int | None, outgoing: Outgoing
) -> None:
    """Raises: LimitReached, with what is left of whichever limit it is."""
    left_base = DAILY_BASE_MINOR[level] - outgoing.holder_base_minor
    if base_minor > left_base:
        raise LimitReached(Money(max(left_base, 0), BASE))
    if daily_limit_minor is not None:
        left = daily_limit_minor - outgoing.account_minor
        if money.minor > left:
            raise LimitReached(Money(max(left, 0), money.currency))


class Ruling(StrEnum):
    """What becomes of a transfer at first."""

    POST = "post"
    HOLD = "hold"
    WAIT = "wait"


def ruling(found: Sequence[Flag], recipient: ScreeningStatus) -> tuple[Ruling, list[Flag]]:
    """Whoever is flagged is held; whoever cannot be screened waits; the others go on."""
    every = [*found, *([Flag.SCREENING] if recipient is ScreeningStatus.HIT else [])]
    if every:
        return Ruling.HOLD, every
    return (Ruling.WAIT if recipient is ScreeningStatus.WAITING else Ruling.POST), []


def start_of_day(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
