"""Stripe's shapes: its objects, errors, test cards and form encoding."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from datasources.sandbox.idempotency import Refused
from datasources.sandbox.state import Answer, Json


class StripeError(Refused):
    def __init__(self, status: int, message: str, kind: str = "invalid_request_error", **details: Any) -> None:
        super().__init__(Answer(status, {"error": {"type": kind, "message": message, **details}}))


@dataclass(frozen=True)
class Card:
    """What a test card does; `decline` is (code, decline_code, message), None for a card that pays."""

    engine_id: str
    decline: tuple[str, str, str] | None = None


_PAYS = Card("pm_card_visa")


def _declines(code: str, decline_code: str, message: str) -> Card:
    return Card("pm_card_chargeCustomerFail", (code, decline_code, message))  # the one that localstripe declines


CARDS = {
    "pm_card_visa": _PAYS,
    "pm_card_mastercard": _PAYS,
    "pm_card_amex": _PAYS,
    "pm_card_chargeDeclined": _declines("card_declined", "generic_decline", "Your card was declined."),
    "pm_card_chargeDeclinedInsufficientFunds": _declines(
        "card_declined", "insufficient_funds", "Your card has insufficient funds."
    ),
    "pm_card_chargeDeclinedLostCard": _declines("card_declined", "lost_card", "Your card was declined."),
    "pm_card_chargeDeclinedExpiredCard": _declines("expired_card", "expired_card", "Your card has expired."),
}


def new_intent(
    intent_id: str, amount: int, currency: str, *, created: int, status: str, metadata: Json, **other: Any
) -> Json:
    """A payment intent without a charge. Amounts are minor units, times are seconds since 1970."""
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "manual",
        "client_secret": f"{intent_id}_secret_sandbox",
        "created": created,
        "currency": currency,
        "customer": None,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": metadata,
        "next_action": None,
        "payment_method": None,
        "payment_method_types": ["card"],
        "status": status,
        **other,
    }


def new_charge(charge_id: str, intent: Json) -> Json:
    """The charge of an intent that was just authorised."""
    return {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "captured": False,
        "created": intent["created"],
        "currency": intent["currency"],
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "refunded": False,
        "status": "succeeded",
    }


def captured(intent: Json, amount: int) -> Json:
    charge = {**intent["latest_charge"], "amount_captured": amount, "captured": True}
    return {
        **intent,
        "status": "succeeded",
        "amount_capturable": 0,
        "amount_received": amount,
        "latest_charge": charge,
    }


def refunded(intent: Json, amount: int) -> Json:
    """The intent with so much more of its charge given back."""
    charge = dict(intent["latest_charge"])
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    return {**intent, "latest_charge": charge}


def shown(intent: Json, expand: Any = ()) -> Json:
    """The intent as clients see it: its charge as an id, or whole where `expand` holds "latest_charge"."""
    charge = intent["latest_charge"]
    wanted = expand.values() if isinstance(expand, dict) else expand
    return intent if charge is None or "latest_charge" in wanted else {**intent, "latest_charge": charge["id"]}


def new_refund(refund_id: str, intent: Json, amount: int, *, created: int, metadata: Json, reason: str | None) -> Json:
    return {
        "id": refund_id,
        "object": "refund",
        "amount": amount,
        "charge": intent["latest_charge"]["id"],
        "created": created,
        "currency": intent["currency"],
        "metadata": metadata,
        "payment_intent": intent["id"],
        "reason": reason,
        "status": "succeeded",
    }


def parameters(encoded: bytes) -> Json:
    """`metadata[order]=7&expand[]=latest_charge` is {"metadata": {"order": "7"}, "expand": ["latest_charge"]}."""
    single: Json = {}
    lists: dict[str, list[str]] = {}
    maps: dict[str, dict[str, str]] = {}
    for name, value in parse_qsl(encoded.decode(errors="replace"), keep_blank_values=True):
        outer, _, inner = name.partition("[")
        if not inner:
            single[outer] = value
        elif inner == "]":
            lists.setdefault(outer, []).append(value)
        else:
            maps.setdefault(outer, {})[inner.rstrip("]")] = value
    return {**single, **lists, **maps}


def check_names(params: Json, known: set[str]) -> None:
    for name in params.keys() - known:
        raise StripeError(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def created_since(params: Json) -> int:
    """What `created[gte]` says, in seconds since 1970; 0 where it says nothing. Raises: StripeError."""
    text = params.get("created", {}).get("gte", "0")
    if not text.isdecimal():
        raise StripeError(400, f"Invalid integer: {text}", code="parameter_invalid_integer", param="created[gte]")
    return int(text)


def required(params: Json, name: str) -> str:
    value = params.get(name)
    if isinstance(value, str) and value:
        return value
    raise StripeError(400, f"Missing required param: {name}.", code="parameter_missing", param=name)


def minor_units(params: Json, name: str, default: int | None = None) -> int:
    """The positive whole number of this name.

    Raises: StripeError where it is something else, or missing without a default.
    """
    if name not in params and default is not None:
        return default
    text = required(params, name)
    if not text.isascii() or not text.lstrip("-").isdigit():
        raise StripeError(400, f"Invalid integer: {text}", code="parameter_invalid_integer", param=name)
    if len(text) > 8 or int(text) < 1:
        wrong = ("large", "no more than 99999999") if len(text) > 8 else ("small", "greater than or equal to 1")
        raise StripeError(400, f"This value must be {wrong[1]}.", code=f"amount_too_{wrong[0]}", param=name)
    return int(text)
