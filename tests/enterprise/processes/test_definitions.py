"""What a workflow may be, and what is said of one that cannot be."""

import json
from datetime import UTC, datetime

import pytest

from datasources.commerce.events import EventType as CommerceEvent
from datasources.enterprise.events import EventType as EnterpriseEvent
from datasources.errors import InvalidInput
from datasources.finance.events import EventType as FinanceEvent
from resolvers.enterprise.processes.definitions import (
    AskApproval,
    Assignee,
    Daily,
    Definition,
    Does,
    DraftPurchase,
    Every,
    OnEvent,
    OpenActivity,
    Step,
    Trigger,
    Wait,
    begins_next,
    checked,
    read,
    written,
)
from resolvers.enterprise.processes.triggers import EVENTS

MOVED = OnEvent("commerce: stock.moved", "on_hand < 0", ("commerce: product.retired",))
DRAFT = DraftPurchase("subject", "warehouse")
ASK = AskApproval("Buy this?", "purchase", "purchase_minor", "purchase_currency")


def test_every_type_of_every_log_is_known() -> None:
    logs = {"commerce": CommerceEvent, "finance": FinanceEvent, "enterprise": EnterpriseEvent}
    assert set(EVENTS) == {f"{log}: {type}" for log, types in logs.items() for type in types}


def test_what_is_written_is_read_back() -> None:
    late = Step(OpenActivity("Look", "owner", "subject", Assignee.DIRECTOR, 3), 'currency = "EUR"')
    for definition in (
        Definition(MOVED, (Step(DRAFT), Step(ASK, "purchase_minor >= 100000"), Step(Wait(5)))),
        Definition(OnEvent("commerce: order.placed"), (late,)),
        Definition(Every(5), (Step(Wait(1)),)),
        Definition(Daily("06:30"), (Step(Wait(1)),)),
    ):
        assert read(json.loads(json.dumps(written(checked(definition))))) == definition


@pytest.mark.parametrize(
    ("trigger", "steps", "field", "said"),
    [
        (
            OnEvent("stock.moved"),
            [DRAFT],
            "trigger.event",
            "There is no event `stock.moved`; write the log and the type",
        ),
        (OnEvent("commerce: stock.moved", "lost < 1"), [DRAFT], "trigger.when", "There is no field `lost` here"),
        (OnEvent("commerce: stock.moved", "on_hand <"), [DRAFT], "trigger.when", "Column 10 of `trigger.when`"),
        (OnEvent("commerce: stock.moved", until=("x",)), [DRAFT], "trigger.until", "There is no event `x`"),
        (Every(1), [Wait(1)], "trigger.everyMinutes", "`trigger.everyMinutes` is 1; write 5 to 10080."),
        (Daily("25:00"), [Wait(1)], "trigger.dailyAt", "Write a time of the day in UTC, such as 06:30."),
        (Daily("06:30:15"), [Wait(1)], "trigger.dailyAt", "Write a time of the day in UTC, such as 06:30."),
        (MOVED, [], "steps", "A workflow has 1 to 20 steps."),
        (MOVED, [Wait(1)] * 21, "steps", "A workflow has 1 to 20 steps."),
        (MOVED, [Wait(0)], "steps[0].minutes", "`steps[0].minutes` is 0; write 1 to 527040."),
        (
            MOVED,
            [DRAFT, DraftPurchase("kind", "warehouse")],
            "steps[1].product",
            "`product` is the name of a field that is of kind id; it may be actor or owner or purchase or subject",
        ),
        (
            MOVED,
            [ASK, DRAFT],
            "steps[0].subject",
            "`subject` is the name of a field that is of kind id; it may be actor",
        ),
        (
            Every(5),
            [DRAFT],
            "steps[0].product",
            "`product` is the name of a field that is of kind id; there is none here.",
        ),
        (MOVED, [DRAFT, AskApproval("", "purchase", "purchase_minor", "kind")], "steps[1].text", "1 to 120 characters"),
        (MOVED, [OpenActivity("x", "owner", due_days=-1)], "steps[0].dueDays", "write 0 to 366"),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_is(
    trigger: Trigger, steps: list[Does], field: str, said: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        checked(Definition(trigger, tuple(map(Step, steps))))
    assert refusal.value.field == field
    assert said in refusal.value.message


def test_when_a_schedule_begins_next() -> None:
    now = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
    assert begins_next(Every(5), now) == datetime(2026, 3, 2, 6, 35, tzinfo=UTC)
    assert begins_next(Daily("06:31"), now) == datetime(2026, 3, 2, 6, 31, tzinfo=UTC)
    assert begins_next(Daily("06:30"), now) == datetime(2026, 3, 3, 6, 30, tzinfo=UTC)
    assert begins_next(MOVED, now) is None
