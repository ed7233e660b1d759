"""What sample orders have at the outside services: payments with their refunds, and shipments."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from datasources.commerce.sample import words
from datasources.commerce.sample.draft import Draft
from datasources.commerce.sample.stories import Change
from datasources.commerce.tables import PAYMENTS, REFUNDS

Values = Mapping[str, Any]

_UNCAPTURED = {"placed": ("authorised", "requires_capture"), "cancelled": ("voided", "canceled")}
"""The payment's status, here and at the service, by the order's."""


def add_payment(draft: Draft, order: Values, returned: Sequence[Values], last: Change) -> None:
    """The payment of an order, less what was `returned`: whole lines."""
    refunded_minor = sum(line["total_minor"] for line in returned)
    status, outside = _UNCAPTURED.get(last.status, ("captured", "succeeded"))
    id = draft.add(
        PAYMENTS,
        order["placed_at"],
        order_id=order["id"],
        customer_id=order["customer_id"],
        status=status,
        amount_minor=order["total_minor"],
        currency=order["currency"],
        refunded_minor=refunded_minor,
        method="pm_card_visa",
        provider_id=order["payment_id"],
        actor_id=last.actor,
        created_at=order["placed_at"],
        updated_at=last.at,
    )
    draft.payments.append(
        {
            "id": order["payment_id"],
            "amount": order["total_minor"],
            "currency": order["currency"],
            "status": outside,
            "created": int(order["placed_at"].timestamp()),
            "amount_received": order["total_minor"] if outside == "succeeded" else 0,
            "amount_refunded": refunded_minor,
            "metadata": {"order": str(order["id"]), "payment": str(id)},
        }
    )


def add_refund(draft: Draft, order: Values, returned: Sequence[Values], last: Change, *, restock: bool) -> None:
    draft.add(
        REFUNDS,
        last.at,
        order_id=order["id"],
        status="done",
        amount_minor=sum(line["total_minor"] for line in returned),
        currency=order["currency"],
        lines={str(line["id"]): line["quantity"] for line in returned},
        restock=restock,
        reason=last.note,
        actor_id=last.actor,
        provider_id=order["payment_id"].replace("pi_", "re_"),  # so the sandbox calls the refund of an imported payment
        created_at=last.at,
    )


def add_shipment(draft: Draft, order: Values, at: datetime) -> None:
    draft.shipments.append(
        {
            "id": order["shipment_id"],
            "reference": order["number"],
            "carrier": draft.random.choice(words.CARRIERS),
            "created_at": at.isoformat(),
            "address": {"country": order["country"]},
        }
    )
