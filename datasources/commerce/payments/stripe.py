"""What Stripe's API says of payments, and how it is read: statuses, amounts, errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from datasources.errors import SourceRefused

_HUNDREDFOLD = frozenset({"ISK"})
"""Stripe counts these in hundredths, though they have no smaller unit."""


class PaymentStatus(StrEnum):
    PENDING = "pending"
    DECLINED = "declined"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    VOIDED = "voided"


_STATUSES = {
    "requires_payment_method": PaymentStatus.DECLINED,
    "requires_capture": PaymentStatus.AUTHORISED,
    "succeeded": PaymentStatus.CAPTURED,
    "canceled": PaymentStatus.VOIDED,
}


class Charge(BaseModel, frozen=True):
    amount_refunded: int


class Intent(BaseModel, frozen=True):
    """Stripe's PaymentIntent; `latest_charge` is an id where it was not asked for whole."""

    id: str
    status: str
    amount: int
    amount_received: int
    currency: str
    created: AwareDatetime
    latest_charge: Charge | str | None
    metadata: dict[str, str]


class Refund(BaseModel, frozen=True):
    id: str
    status: str
    metadata: dict[str, str]
    payment_intent: str | None


Listed = TypeVar("Listed", Intent, Refund)


class Page(BaseModel, Generic[Listed], frozen=True):
    data: list[Listed]
    has_more: bool


@dataclass(frozen=True, slots=True)
class ProviderPayment:
    """A payment as the service has it now. Amounts are minor units of `currency`; `order_id` is None of those that we
    did not ask for.
    """

    id: str
    order_id: UUID | None
    status: PaymentStatus
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    currency: str
    created_at: datetime


def payment_of(intent: Intent) -> ProviderPayment:
    """In our words and minor units."""
    currency = intent.currency.upper()
    unit = _unit(currency)
    charge = intent.latest_charge
    return ProviderPayment(
        id=intent.id,
        order_id=_order_of(intent),
        status=_STATUSES.get(intent.status, PaymentStatus.PENDING),
        amount_minor=intent.amount // unit,
        captured_minor=intent.amount_received // unit,
        refunded_minor=charge.amount_refunded // unit if isinstance(charge, Charge) else 0,
        currency=currency,
        created_at=intent.created,
    )


def _order_of(intent: Intent) -> UUID | None:
    try:
        return UUID(intent.metadata.get("order", ""))
    except ValueError:
        return None


def count_of(minor: int, currency: str) -> int:
    """An amount as Stripe counts it."""
    return minor * _unit(currency)


def _unit(currency: str) -> int:
    return 100 if currency in _HUNDREDFOLD else 1


def reason_of(error: Mapping[str, Any]) -> str:
    """Stripe's word for why, such as `insufficient_funds`."""
    return str(error.get("decline_code") or error.get("code") or "refused")[:64]


def error_of(refused: SourceRefused) -> dict[str, Any]:
    """What Stripe says of why; empty where it says nothing that can be read."""
    error = refused.body.get("error") if isinstance(refused.body, dict) else None
    return error if isinstance(error, dict) else {}
