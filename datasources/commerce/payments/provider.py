"""The payment service: Stripe's API. Each change carries a key of its own: repeating it changes nothing more."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from datasources.commerce.errors import AuthorisationLost, PaymentDeclined, RefundRefused
from datasources.commerce.payments.stripe import (
    Intent,
    Listed,
    Page,
    PaymentStatus,
    ProviderPayment,
    Refund,
    count_of,
    error_of,
    payment_of,
    reason_of,
)
from datasources.errors import SourceError, SourceRefused, SourceUnavailable
from datasources.ids import Clock
from datasources.rest import RestService
from datasources.table import Row

T = TypeVar("T")
log = structlog.get_logger("heddle")

NO_SUCH_METHOD = "no_such_method"
_DECLINED, _IN_FLIGHT = 402, 409
_TRIES, _PAUSE_S = 15, 0.2
_KEYS_HOLD = timedelta(hours=20)
"""Stripe may forget a key after 24 hours, and then does again what it did: before that we look first."""
_PAGE = 100
_AUTHORISED_FOR = timedelta(days=7)
"""So long after it was made may a payment still be taken."""
_FAILED = ("failed", "canceled")
_WHOLE = {"expand[]": "latest_charge"}


class PaymentProvider:
    """Takes rows of PAYMENTS and REFUNDS. After SourceUnavailable or SourceTimeout a change may have happened or not:
    make it again, and the service gives its first answer.
    """

    def __init__(self, service: RestService, clock: Clock) -> None:
        self._service = service
        self._clock = clock

    async def by_ids(self, ids: Sequence[str]) -> Mapping[str, ProviderPayment | SourceError]:
        """Payments by their id at the service; unknown ids are left out, an error stands where one failed.

        Source: payments, one batch of `GET /v1/payment_intents/{id}`.
        """
        found = await self._service.get_many("/v1/payment_intents/{}", ids, answer=Intent, params=_WHOLE)
        return {
            id: one if isinstance(one, SourceError) else payment_of(one)
            for id, one in zip(ids, found, strict=True)
            if one is not None
        }

    async def get(self, id: str) -> ProviderPayment:
        """The payment with this id at the service, as it is now. Raises: SourceError."""
        return payment_of(await self._service.get("/v1/payment_intents/{}", id, answer=Intent, params=_WHOLE))

    async def made_since(self, since: datetime, most: int) -> list[ProviderPayment]:
        """Payments that may have been taken since then, the newest first, `most` at most, whoever asked for them.

        Source: payments, a call for each hundred. Raises: SourceError.
        """
        begins = int((since - _AUTHORISED_FOR).timestamp())
        params: dict[str, str | int] = {"created[gte]": begins, "expand[]": "data.latest_charge"}
        listed = self._listed("/v1/payment_intents", Page[Intent], params, most)
        return [payment_of(intent) async for intent in listed]

    async def refunded_since(self, since: datetime, most: int) -> list[str]:
        """The payments of which something was given back since then, of the `most` newest refunds.

        Source: payments, a call for each hundred. Raises: SourceError.
        """
        params = {"created[gte]": int(since.timestamp())}
        refunds = [refund async for refund in self._listed("/v1/refunds", Page[Refund], params, most)]
        return [*dict.fromkeys(refund.payment_intent for refund in refunds if refund.payment_intent)]

    async def authorise(self, payment: Row) -> ProviderPayment:
        """Reserves the amount on the customer's card; a repeat tells what came of the first time, not what is so now.

        Raises: PaymentDeclined, with the code NO_SUCH_METHOD where the service does not know the payment method;
        SourceError, which is SourceRefused where the service does not take the request itself.
        """
        form = {
            "amount": count_of(payment.amount_minor, payment.currency),
            "currency": payment.currency.lower(),
            "capture_method": "manual",
            "confirm": True,
            "error_on_requires_action": True,
            "payment_method": payment.method,
            "payment_method_types": ["card"],
            "metadata": {"order": payment.order_id, "payment": payment.id},
        }
        try:
            return payment_of(await self._post("/v1/payment_intents", answer=Intent, form=form, key=str(payment.id)))
        except SourceRefused as refused:
            error = error_of(refused)
            if refused.status == _DECLINED or error.get("type") == "card_error":
                raise PaymentDeclined(reason_of(error)) from None
            if error.get("param") == "payment_method":
                raise PaymentDeclined(NO_SUCH_METHOD) from None
            told = {name: error.get(name) for name in ("type", "code", "param")}
            log.error("authorisation not understood", payment=str(payment.id), status=refused.status, **told)
            raise

    async def capture(self, payment: Row) -> None:
        """Takes the authorised amount. Raises: AuthorisationLost where there is none any more, SourceError."""
        path = "/v1/payment_intents/{}/capture"
        try:
            told = await self._post(path, payment.provider_id, answer=Intent, form={}, key=f"{payment.id}:capture")
            if payment_of(told).status is not PaymentStatus.CAPTURED:
                raise SourceUnavailable(self._service.name, "it did not capture what it was asked to")
        except SourceRefused:
            status = (await self.get(payment.provider_id)).status
            if status is PaymentStatus.VOIDED:
                raise AuthorisationLost from None
            if status is not PaymentStatus.CAPTURED:
                raise

    async def void(self, payment: Row, provider_id: str) -> None:
        """Gives the authorised amount free; where it was taken behind our back, gives it back. Raises: SourceError."""
        path = "/v1/payment_intents/{}/cancel"
        try:
            await self._post(path, provider_id, answer=Intent, form={}, key=f"{payment.id}:void")
        except SourceRefused:
            found = await self.get(provider_id)
            if found.status is PaymentStatus.CAPTURED and found.refunded_minor < found.captured_minor:
                form = {"payment_intent": provider_id}
                await self._post("/v1/refunds", answer=Refund, form=form, key=f"{payment.id}:give-back")
            elif found.status not in (PaymentStatus.VOIDED, PaymentStatus.CAPTURED):
                raise

    async def refund(self, refund: Row, provider_id: str) -> str:
        """Gives a part back; the refund's id at the service. Raises: RefundRefused, SourceError."""
        is_old = self._clock() - refund.created_at > _KEYS_HOLD
        made = await self._find_refund(refund, provider_id) if is_old else None
        if made is None:
            made = await self._make_refund(refund, provider_id)
        if made.status in _FAILED:
            raise RefundRefused
        return made.id

    async def is_refunded(self, id: str) -> bool:
        """Whether this refund stands: a bank may send the money back days after it was taken. Raises: SourceError."""
        return (await self._service.get("/v1/refunds/{}", id, answer=Refund)).status not in _FAILED

    async def _make_refund(self, refund: Row, provider_id: str) -> Refund:
        form = {
            "payment_intent": provider_id,
            "amount": count_of(refund.amount_minor, refund.currency),
            "metadata": {"order": refund.order_id, "refund": refund.id},
        }
        try:
            return await self._post("/v1/refunds", answer=Refund, form=form, key=str(refund.id))
        except SourceRefused:
            raise RefundRefused from None

    async def _find_refund(self, refund: Row, provider_id: str) -> Refund | None:
        """What came of an earlier attempt; None where it never reached the service."""
        params = {"payment_intent": provider_id}
        async for made in self._listed("/v1/refunds", Page[Refund], params):
            if made.metadata.get("refund") == str(refund.id):
                return made
        return None

    async def _listed(
        self, path: str, page: type[Page[Listed]], params: Mapping[str, str | int], most: int | None = None
    ) -> AsyncIterator[Listed]:
        """What is there now, the newest first, so many at most; a call for each hundred."""
        left, asked = most, {"limit": _PAGE, **params}
        while left is None or left > 0:
            found = await self._service.get(path, answer=page, params=asked, shared=False)
            for one in found.data[:left]:
                yield one
            if not found.has_more:
                return
            left = left and left - len(found.data)
            asked["starting_after"] = found.data[-1].id

    async def _post(self, path: str, *segments: str, answer: type[T], form: Mapping[str, Any], key: str) -> T:
        """Waits while another request with this key is being answered: it decides for both."""
        for _ in range(_TRIES):
            try:
                return await self._service.post(path, *segments, answer=answer, form=form, idempotency_key=key)
            except SourceRefused as refused:
                # Whatever type it has: taken for a refusal, the money of the other request would be forgotten.
                if refused.status == _IN_FLIGHT:
                    await asyncio.sleep(_PAUSE_S)
                    continue
                if error_of(refused).get("type") == "idempotency_error":
                    detail = f"{path}: this key stands for another request, whose fate it tells nobody"
                    raise SourceUnavailable(self._service.name, detail) from None
                raise
        raise SourceUnavailable(self._service.name, f"{path}: the first request with this key is never answered")
