"""The events that workflows can begin with, by the domain in whose log they are, and what a run knows of its event."""

from collections.abc import Mapping
from typing import Any

from datasources.enterprise.events import EventType
from datasources.errors import InvalidInput
from datasources.events import Event
from resolvers.enterprise.processes.conditions import Kind

Fields = Mapping[str, Kind]

OF_EVERY: Fields = {"subject": Kind.ID, "owner": Kind.ID, "actor": Kind.ID}
"""The record that an event is of, whom it concerns, and who did it, where there is one."""
_MONEY: Fields = {"amount_minor": Kind.NUMBER, "currency": Kind.TEXT}
_NONE: Fields = {}

_COMMERCE: Mapping[str, Fields] = {
    "cart.changed": {"product": Kind.ID},
    "customer.created": _NONE,
    "customer.changed": _NONE,
    "customer.address_added": {"address": Kind.ID},
    "customer.address_removed": {"address": Kind.ID},
    "customer.exported": _NONE,
    "customer.erased": _NONE,
    "order.placed": {"total_minor": Kind.NUMBER, "currency": Kind.TEXT},
    "order.payment_failed": {"reason": Kind.TEXT, **_MONEY},
    "order.shipped": {"shipment": Kind.TEXT, "tax_minor": Kind.NUMBER, **_MONEY},
    "order.cancelled": {"payment": Kind.ID},
    "order.refunded": {"refund": Kind.ID, **_MONEY},
    "order.refund_failed": {"refund": Kind.ID, **_MONEY},
    "product.created": {"sku": Kind.TEXT},
    "product.changed": _NONE,
    "product.retired": _NONE,
    "product.restored": _NONE,
    "stock.moved": {
        "warehouse": Kind.ID,
        "kind": Kind.TEXT,
        "on_hand": Kind.NUMBER,
        "reserved": Kind.NUMBER,
        "available": Kind.NUMBER,
    },
}
_FINANCE: Mapping[str, Fields] = {
    "account.opened": _NONE,
    "account.changed": _NONE,
    "balance.booked": _NONE,
    "balance.held": _NONE,
    "transfer.posted": _NONE,
    "transfer.received": _NONE,
    "transfer.waiting": _NONE,
    "transfer.held": _NONE,
    "transfer.rejected": _NONE,
    "transfer.reversed": _NONE,
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
_TOLD: Mapping[str, Fields] = {
    EventType.EMPLOYEE_HIRED: {"role": Kind.TEXT},
    EventType.PURCHASE_DRAFTED: _PURCHASE,
    EventType.PURCHASE_APPROVED: _PURCHASE,
    EventType.PURCHASE_SENT: _PURCHASE,
    EventType.PURCHASE_RECEIVED: _PURCHASE,
    EventType.PURCHASE_CANCELLED: _PURCHASE,
    EventType.GOODS_RECEIVED: {"purchase": Kind.ID, "warehouse": Kind.ID},
    EventType.REORDER_CHANGED: {"product": Kind.ID, "warehouse": Kind.ID},
    EventType.INVOICE_DRAFTED: _INVOICE,
    EventType.INVOICE_CHANGED: _INVOICE,
    EventType.INVOICE_ISSUED: _INVOICE,
    EventType.INVOICE_PAID: _INVOICE,
    EventType.INVOICE_CANCELLED: _INVOICE,
    EventType.INVOICE_OVERDUE: _INVOICE,
}
_ENTERPRISE: Mapping[str, Fields] = {type: _TOLD.get(type, _NONE) for type in EventType}

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
