"""The events that workflows can begin with, by the domain in whose log they are, and what a run knows of its event."""

from collections.abc import Mapping
from typing import Any

from datasources.enterprise.events import EventType
from datasources.errors import InvalidInput
from datasources.events import Event, types_of
from resolvers.enterprise.processes.conditions import Kind

Fields = Mapping[str, Kind]

OF_EVERY: Fields = {"subject": Kind.ID, "owner": Kind.ID, "actor": Kind.ID}
"""The record that an event is of, whom it concerns, and who did it, where there is one."""
_MONEY: Fields = {"amount_minor": Kind.NUMBER, "currency": Kind.TEXT}
_NONE: Fields = {}


def _without(*types: str) -> Mapping[str, Fields]:
    """Events that say no more than that."""
    return dict.fromkeys(types, _NONE)


_COMMERCE: Mapping[str, Fields] = {
    **_without("customer.created", "customer.changed", "customer.exported", "customer.erased"),
    **_without("product.changed", "product.retired", "product.restored"),
    "cart.changed": {"product": Kind.ID},
    "customer.address_added": {"address": Kind.ID},
    "customer.address_removed": {"address": Kind.ID},
    "order.placed": {"total_minor": Kind.NUMBER, "currency": Kind.TEXT},
    "order.payment_failed": {"reason": Kind.TEXT, **_MONEY},
    "order.shipped": {"shipment": Kind.TEXT, "tax_minor": Kind.NUMBER, **_MONEY},
    "order.cancelled": {"payment": Kind.ID},
    "order.refunded": {"refund": Kind.ID, **_MONEY},
    "order.refund_failed": {"refund": Kind.ID, **_MONEY},
    "product.created": {"sku": Kind.TEXT},
    "stock.moved": {
        "warehouse": Kind.ID,
        "kind": Kind.TEXT,
        "on_hand": Kind.NUMBER,
        "reserved": Kind.NUMBER,
        "available": Kind.NUMBER,
    },
}
_FINANCE: Mapping[str, Fields] = {
    **_without("account.opened", "account.changed", "balance.booked", "balance.held", "transfer.posted"),
    **_without("transfer.received", "transfer.waiting", "transfer.held", "transfer.rejected", "transfer.reversed"),
    "case.opened": _NONE,
    "case.decided": {"status": Kind.TEXT},
    "rate.changed": {"currency": Kind.TEXT},
}
_INVOICE: Fields = {
    "direction": Kind.TEXT,
    "number": Kind.TEXT,
    "tax_minor": Kind.NUMBER,
    "order": Kind.ID,
    **_MONEY,
}
_PURCHASE: Fields = {"number": Kind.TEXT, "supplier": Kind.ID, **_MONEY}
_ENTERPRISE: Mapping[str, Fields] = {
    **_without(*EventType),
    **dict.fromkeys(types_of(EventType, "purchase"), _PURCHASE),
    **dict.fromkeys(types_of(EventType, "invoice"), _INVOICE),
    EventType.EMPLOYEE_HIRED: {"role": Kind.TEXT},
    EventType.GOODS_RECEIVED: {"purchase": Kind.ID, "warehouse": Kind.ID},
    EventType.REORDER_CHANGED: {"product": Kind.ID, "warehouse": Kind.ID},
}

EVENTS: Mapping[str, Fields] = {
    f"{domain}: {type}": {**OF_EVERY, **fields}
    for domain, types in (("commerce", _COMMERCE), ("finance", _FINANCE), ("enterprise", _ENTERPRISE))
    for type, fields in types.items()
}


def fields_of(event: str, where: str) -> Fields:
    """What is known of events of this type. Raises: InvalidInput where there is no such type."""
    fields = EVENTS.get(event)
    if fields is None:
        raise InvalidInput(where, f"There is no event `{event[:80]}`; write the log and the type: {', '.join(EVENTS)}.")
    return fields


def known_of(log: str, event: Event) -> dict[str, Any]:
    """What a run knows of the event that it began with: the fields that are declared, and no others, for webhooks tell
    them outside; ids as texts.
    """
    ids = {"subject": event.subject, "owner": event.owner, "actor": event.actor}
    declared = EVENTS.get(f"{log}: {event.type}", _NONE)
    known = {
        name: value for name, value in event.data.items() if name in declared and isinstance(value, bool | int | str)
    }
    return known | {name: str(id) for name, id in ids.items() if id}
