"""What payments do: Stripe's rules, carried out by localstripe and remembered by us.

localstripe forgets at its end, and slows down with all that it holds. So the memory here is the truth, localstripe is
emptied now and then, and an object that it does not know is made again in its last state before it is changed.
"""

import asyncio
import re
import time
from typing import NoReturn

from datasources.sandbox.engine import Engine
from datasources.sandbox.state import Answer, Document, Json, State
from datasources.sandbox.stripe import (
    CARDS,
    StripeError,
    captured,
    check_names,
    minor_units,
    new_charge,
    new_intent,
    new_refund,
    refunded,
    required,
    shown,
)

ENGINE_HOLDS = 30  # intents; at 1,000 each call takes ten times as long
_CANCELABLE = ("requires_payment_method", "requires_capture", "requires_confirmation")
_CREATE_NAMES = {
    *("amount", "currency", "capture_method", "confirm", "payment_method", "payment_method_types", "metadata"),
    *("automatic_payment_methods", "description", "error_on_requires_action", "expand", "off_session"),
    *("receipt_email", "return_url"),
}


class Intents:
    def __init__(self, state: State, engine: Engine) -> None:
        self._state = state
        self._engine = engine
        self._alive: dict[str, str] = {}  # our id -> localstripe's, of all that it holds now
        self._lock = asyncio.Lock()  # one change at a time: rules are decided on what nobody else is changing

    def find(self, intent_id: str) -> Json:
        """Raises: StripeError."""
        return self._state.find("intent", intent_id) or _missing("payment_intent", intent_id, "intent")

    def find_refund(self, refund_id: str) -> Json:
        """Raises: StripeError."""
        return self._state.find("refund", refund_id) or _missing("refund", refund_id, "id")

    def refunds_of(self, intent_id: str) -> list[Json]:
        """Newest first. Raises: StripeError."""
        return self._state.children("refund", self.find(intent_id)["id"])

    def since(self, created: int) -> list[Json]:
        """Newest first."""
        return self._state.since("intent", created)

    def refunds_since(self, created: int) -> list[Json]:
        """Newest first."""
        return self._state.since("refund", created)

    async def create(self, params: Json) -> Answer:
        check_names(params, _CREATE_NAMES)
        method = params.get("payment_method")
        if params.get("capture_method", "automatic") not in ("automatic", "automatic_async", "manual"):
            raise StripeError(400, "Invalid capture_method", param="capture_method")
        if not re.fullmatch("[a-z]{3}", currency := required(params, "currency").lower()):
            raise StripeError(400, f"Invalid currency: {currency}.", param="currency")
        intent = new_intent(
            "",
            minor_units(params, "amount"),
            currency,
            created=int(time.time()),
            status="requires_payment_method" if method is None else "requires_confirmation",
            metadata=params.get("metadata", {}),
            capture_method=params.get("capture_method", "automatic"),
            payment_method=method and _known_card(method),
            description=params.get("description"),
        )
        async with self._lock:
            engine_id = await self._make(intent)
            self._alive[engine_id] = engine_id
            intent |= {"id": engine_id, "client_secret": f"{engine_id}_secret_sandbox"}
            return await self._confirm(intent) if params.get("confirm") == "true" else _kept(intent)

    async def confirm(self, intent_id: str, params: Json) -> Answer:
        check_names(params, {"payment_method", "expand", "return_url", "off_session"})
        async with self._lock:
            intent = self.find(intent_id)
            _need(intent, "confirm", ("requires_payment_method", "requires_confirmation"))
            method = _known_card(params.get("payment_method") or intent["payment_method"] or "")
            if method != intent["payment_method"]:
                intent |= {"payment_method": method, "status": "requires_confirmation"}
                self._alive.pop(intent_id, None)  # localstripe cannot change a method: it gets the intent anew
            return await self._confirm(intent)

    async def capture(self, intent_id: str, params: Json) -> Answer:
        check_names(params, {"amount_to_capture", "expand", "metadata"})
        async with self._lock:
            intent = self.find(intent_id)
            _need(intent, "capture", ("requires_capture",))
            amount = minor_units(params, "amount_to_capture", intent["amount_capturable"])
            if amount > intent["amount_capturable"]:
                message = f"The amount could not be captured: at most {intent['amount_capturable']} is left."
                raise StripeError(400, message, code="amount_too_large", param="amount_to_capture")
            path = f"/v1/payment_intents/{await self._engine_id(intent)}/capture"
            await self._engine.must("POST", path, amount_to_capture=amount)
            return _kept(captured(intent, amount), "payment_intent.succeeded")

    async def cancel(self, intent_id: str, params: Json) -> Answer:
        check_names(params, {"cancellation_reason", "expand"})
        async with self._lock:
            intent = self.find(intent_id)
            _need(intent, "cancel", _CANCELABLE)
            await self._engine.must("POST", f"/v1/payment_intents/{await self._engine_id(intent)}/cancel")
            reason = params.get("cancellation_reason")
            changes = {"canceled_at": int(time.time()), "cancellation_reason": reason, "amount_capturable": 0}
            return _kept({**intent, **changes, "status": "canceled"}, "payment_intent.canceled")

    async def refund(self, params: Json) -> Answer:
        check_names(params, {"payment_intent", "amount", "metadata", "reason", "expand"})
        intent_id = required(params, "payment_intent")
        async with self._lock:
            intent = self.find(intent_id)
            if intent["status"] != "succeeded":
                raise StripeError(400, f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.")
            left = intent["latest_charge"]["amount_captured"] - intent["latest_charge"]["amount_refunded"]
            if not left:
                message = f"Charge {intent['latest_charge']['id']} has already been refunded."
                raise StripeError(400, message, code="charge_already_refunded")
            amount = minor_units(params, "amount", left)
            if amount > left:
                message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
                raise StripeError(400, message, param="amount")
            engine_id = await self._engine_id(intent)
            made = await self._engine.must("POST", "/v1/refunds", payment_intent=engine_id, amount=amount)
            intent = refunded(intent, amount)
            metadata, reason = params.get("metadata", {}), params.get("reason")
            refund = new_refund(made["id"], intent, amount, created=made["created"], metadata=metadata, reason=reason)
            keeps = [Document("intent", intent), Document("refund", refund, parent=intent_id)]
            return Answer(200, refund, keeps, [("charge.refunded", intent["latest_charge"])])

    async def _confirm(self, intent: Json) -> Answer:
        path = f"/v1/payment_intents/{await self._engine_id(intent)}/confirm"
        if decline := CARDS[intent["payment_method"]].decline:
            _, refusal = await self._engine.call("POST", path)
            return _declined(intent, decline, refusal["error"]["charge"])
        body = await self._engine.must("POST", path)
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"], "last_payment_error": None}
        intent["latest_charge"] = new_charge(body["latest_charge"]["id"], intent)
        if intent["capture_method"] == "manual":
            return _kept(intent, "payment_intent.amount_capturable_updated")
        return _kept(captured(intent, intent["amount"]), "payment_intent.succeeded")

    async def _engine_id(self, intent: Json) -> str:
        """The id under which localstripe holds this intent, made again in its last state where it does not."""
        if intent["id"] in self._alive:
            return self._alive[intent["id"]]
        engine_id = await self._make(intent)
        if intent["status"] in ("requires_capture", "succeeded"):
            await self._engine.must("POST", f"/v1/payment_intents/{engine_id}/confirm")
        if intent["status"] == "succeeded":
            path = f"/v1/payment_intents/{engine_id}/capture"
            await self._engine.must("POST", path, amount_to_capture=intent["amount_received"])
        self._alive[intent["id"]] = engine_id
        return engine_id

    async def _make(self, intent: Json) -> str:
        if len(self._alive) >= ENGINE_HOLDS:
            await self._engine.must("DELETE", "/_config/data")
            self._alive.clear()
        made = await self._engine.must(
            "POST",
            "/v1/payment_intents",
            amount=intent["amount"],
            currency=intent["currency"],
            payment_method=intent["payment_method"] and CARDS[intent["payment_method"]].engine_id,
            capture_method=intent["capture_method"] if intent["status"] == "requires_confirmation" else "manual",
        )
        return str(made["id"])


def imported(minimal: Json) -> list[Document]:
    """An intent of the past, and its refund where it has one, from the few fields that matter."""
    amount, received, back = (minimal.get(name) or 0 for name in ("amount", "amount_received", "amount_refunded"))
    status = minimal["status"]
    intent = new_intent(
        minimal["id"],
        amount,
        minimal["currency"].lower(),
        created=minimal["created"],
        status=status,
        metadata=minimal.get("metadata") or {},
        payment_method="pm_card_visa",
        amount_capturable=amount if status == "requires_capture" else 0,
        canceled_at=minimal["created"] if status == "canceled" else None,
    )
    suffix = minimal["id"].removeprefix("pi_")
    intent["latest_charge"] = new_charge(f"ch_{suffix}", intent)
    if status == "succeeded":
        intent = refunded(captured(intent, received or amount), back)
    documents = [Document("intent", intent)]
    if back:
        refund = new_refund(f"re_{suffix}", intent, back, created=minimal["created"], metadata={}, reason=None)
        documents.append(Document("refund", refund, parent=intent["id"]))
    return documents


def _kept(intent: Json, event: str | None = None) -> Answer:
    return Answer(200, intent, [Document("intent", intent)], [(event, shown(intent))] if event else [])


def _declined(intent: Json, decline: tuple[str, str, str], charge_id: str) -> Answer:
    code, decline_code, message = decline
    error = {"type": "card_error", "code": code, "decline_code": decline_code, "message": message, "charge": charge_id}
    failed = {**intent, "status": "requires_payment_method", "payment_method": None, "last_payment_error": error}
    events = [("payment_intent.payment_failed", failed)]
    return Answer(402, {"error": {**error, "payment_intent": failed}}, [Document("intent", failed)], events)


def _known_card(method: str) -> str:
    if method not in CARDS:
        message = f"No such PaymentMethod: '{method}'; the sandbox knows {', '.join(CARDS)}."
        raise StripeError(400, message, code="resource_missing", param="payment_method")
    return method


def _need(intent: Json, verb: str, statuses: tuple[str, ...]) -> None:
    if intent["status"] not in statuses:
        message = (
            f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent"
            f" with one of the following statuses may be used: {', '.join(statuses)}."
        )
        raise StripeError(400, message, code="payment_intent_unexpected_state", payment_intent=shown(intent))


def _missing(kind: str, object_id: str, param: str) -> NoReturn:
    raise StripeError(404, f"No such {kind}: '{object_id}'", code="resource_missing", param=param)
