"""What a workflow is: when it begins, and what it does, step by step. Frozen, checked when saved, kept as JSON.

A step takes what it works on from the fields of its run, by their names: those of the event that the run began with,
and those that steps before it have given. A step whose condition is not met, or of whose fields one is missing, is
skipped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Literal, get_args

from pydantic import TypeAdapter

from datasources.errors import InvalidInput
from resolvers.enterprise.processes import conditions
from resolvers.enterprise.processes.conditions import Kind
from resolvers.enterprise.processes.triggers import Fields, fields_of
from resolvers.text import plain

MAX_STEPS = 20
MAX_UNTIL = 5
MAX_TEXT = 120
MAX_URL = 500
MIN_EVERY, MAX_EVERY = 5, 7 * 24 * 60
MAX_WAIT = 366 * 24 * 60
MAX_DAYS = 366


class Assignee(StrEnum):
    ACCOUNT_OWNER = "account_owner"
    MANAGER = "manager"
    DIRECTOR = "director"


@dataclass(frozen=True, slots=True)
class OnEvent:
    """`event` is `log: type`. A run ends when an event of one of the types `until` comes of the same subject."""

    event: str
    when: str | None = None
    until: tuple[str, ...] = ()
    kind: Literal["event"] = "event"


@dataclass(frozen=True, slots=True)
class Every:
    minutes: int
    kind: Literal["every"] = "every"


@dataclass(frozen=True, slots=True)
class Daily:
    """`at` is UTC: "06:30"."""

    at: str
    kind: Literal["daily"] = "daily"


@dataclass(frozen=True, slots=True)
class DraftPurchase:
    """A purchase order for what is short of a product in a warehouse; nothing where nothing is.

    `available` is how many there are, if the run knows.
    """

    NEEDS: ClassVar[Fields] = {"product": Kind.ID, "warehouse": Kind.ID, "available": Kind.NUMBER}
    GIVES: ClassVar[Fields] = {"purchase": Kind.ID, "purchase_minor": Kind.NUMBER, "purchase_currency": Kind.TEXT}
    product: str
    warehouse: str
    available: str | None = None
    kind: Literal["draft_purchase"] = "draft_purchase"


@dataclass(frozen=True, slots=True)
class ApprovePurchase:
    """As who approved it in this run, or, where nobody had to, as the workflow."""

    NEEDS: ClassVar[Fields] = {"purchase": Kind.ID}
    GIVES: ClassVar[Fields] = {}
    purchase: str
    kind: Literal["approve_purchase"] = "approve_purchase"


@dataclass(frozen=True, slots=True)
class AskApproval:
    """Waits until somebody decides who may, up to that amount; what is rejected ends the run."""

    NEEDS: ClassVar[Fields] = {"subject": Kind.ID, "amount": Kind.NUMBER, "currency": Kind.TEXT}
    GIVES: ClassVar[Fields] = {"approved_by": Kind.ID}
    text: str
    subject: str
    amount: str
    currency: str
    kind: Literal["ask_approval"] = "ask_approval"


@dataclass(frozen=True, slots=True)
class OpenTicket:
    NEEDS: ClassVar[Fields] = {"customer": Kind.ID, "order": Kind.ID}
    GIVES: ClassVar[Fields] = {"ticket": Kind.ID}
    text: str
    customer: str
    order: str | None = None
    kind: Literal["open_ticket"] = "open_ticket"


@dataclass(frozen=True, slots=True)
class OpenActivity:
    """For whoever owns the account of the customer, or for who leads them, or all."""

    NEEDS: ClassVar[Fields] = {"customer": Kind.ID, "order": Kind.ID}
    GIVES: ClassVar[Fields] = {"activity": Kind.ID}
    text: str
    customer: str
    order: str | None = None
    assignee: Assignee = Assignee.ACCOUNT_OWNER
    due_days: int = 1
    kind: Literal["open_activity"] = "open_activity"


@dataclass(frozen=True, slots=True)
class CallWebhook:
    """Tells a service, signed, of the run and its fields."""

    NEEDS: ClassVar[Fields] = {}
    GIVES: ClassVar[Fields] = {}
    url: str
    kind: Literal["call_webhook"] = "call_webhook"


@dataclass(frozen=True, slots=True)
class Wait:
    NEEDS: ClassVar[Fields] = {}
    GIVES: ClassVar[Fields] = {}
    minutes: int
    kind: Literal["wait"] = "wait"


Trigger = OnEvent | Every | Daily
Does = DraftPurchase | ApprovePurchase | AskApproval | OpenTicket | OpenActivity | CallWebhook | Wait
STEPS: Mapping[str, type[Does]] = {kind.__dataclass_fields__["kind"].default: kind for kind in get_args(Does)}
"""By their kind."""


@dataclass(frozen=True, slots=True)
class Step:
    does: Does
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    trigger: Trigger
    steps: tuple[Step, ...]


_JSON = TypeAdapter(Definition)


def written(definition: Definition) -> dict[str, Any]:
    """As JSON."""
    found: dict[str, Any] = _JSON.dump_python(definition, mode="json")
    return found


def read(json: Any) -> Definition:
    """What was written."""
    return _JSON.validate_python(json)


def checked(definition: Definition) -> Definition:
    """Raises: InvalidInput, which names the first part that cannot be meant, and what could."""
    if not 1 <= len(definition.steps) <= MAX_STEPS:
        raise InvalidInput("steps", f"A workflow has 1 to {MAX_STEPS} steps.")
    fields = dict(_known(definition.trigger))
    for number, step in enumerate(definition.steps):
        where = f"steps[{number}]"
        _check_condition(step.when, fields, f"{where}.when")
        _check_references(step.does, fields, where)
        _check_values(step.does, where)
        fields |= step.does.GIVES
    return definition


def begins_next(trigger: Trigger, now: datetime) -> datetime | None:
    """When a schedule begins its next run; None for what begins with events."""
    match trigger:
        case Every(minutes):
            return now + timedelta(minutes=minutes)
        case Daily(at):
            today = datetime.combine(now.date(), time.fromisoformat(at), now.tzinfo)
            return today if today > now else today + timedelta(days=1)
    return None


def references(does: Does) -> dict[str, str]:
    """The names of the fields that a step needs, by what it needs them as; without what it can do without."""
    named = {part: getattr(does, part) for part in does.NEEDS}
    return {part: name for part, name in named.items() if name is not None}


def _known(trigger: Trigger) -> Fields:
    """The fields of a run when it begins. Raises: InvalidInput."""
    match trigger:
        case OnEvent(event, when, until):
            fields = fields_of(event, "trigger.event")
            _check_condition(when, fields, "trigger.when")
            if len(until) > MAX_UNTIL:
                raise InvalidInput("trigger.until", f"A run ends by {MAX_UNTIL} types of events at most.")
            for type in until:
                fields_of(type, "trigger.until")
            return fields
        case Every(minutes):
            _within(minutes, MIN_EVERY, MAX_EVERY, "trigger.everyMinutes")
        case Daily(at):
            _check_time(at)
    return {}


def _check_time(at: str) -> None:
    try:
        fits = time.fromisoformat(at).strftime("%H:%M") == at
    except ValueError:
        fits = False
    if not fits:
        raise InvalidInput("trigger.dailyAt", "Write a time of the day in UTC, such as 06:30.")


def _check_condition(text: str | None, fields: Fields, where: str) -> None:
    if text is not None:
        conditions.check(conditions.parse(text, where), fields, where)


def _check_references(does: Does, fields: Mapping[str, Kind], where: str) -> None:
    for part, name in references(does).items():
        if fields.get(name) is not (kind := does.NEEDS[part]):
            fit: Sequence[str] = sorted(known for known, of in fields.items() if of is kind)
            which = f"it may be {' or '.join(fit)}" if fit else "there is none here"
            raise InvalidInput(f"{where}.{part}", f"`{part}` is the name of a field that is of kind {kind}; {which}.")


def _check_values(does: Does, where: str) -> None:
    match does:
        case Wait(minutes):
            _within(minutes, 1, MAX_WAIT, f"{where}.minutes")
        case OpenActivity():
            _within(does.due_days, 0, MAX_DAYS, f"{where}.dueDays")
    if (
        isinstance(does, AskApproval | OpenTicket | OpenActivity)
        and plain(does.text, f"{where}.text", MAX_TEXT) != does.text
    ):
        raise InvalidInput(f"{where}.text", "Write the text without spaces around it.")


def _within(number: int, least: int, most: int, where: str) -> None:
    if not least <= number <= most:
        raise InvalidInput(where, f"`{where}` is {number}; write {least} to {most}.")
