"""Shipments, kept by the carriers' service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime

from datasources.actor import Actor
from datasources.commerce.sources import CommerceSources
from datasources.errors import SourceError

MAX_IDS = 100
"""Ids in one request to the carriers' service."""
CARRIER = "dhl"


class ShipmentStatus(StrEnum):
    CREATED = "created"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Shipment:
    """`carrier` is a code such as `dhl`; `reference` is what we called it when we created it."""

    id: str
    reference: str
    carrier: str
    tracking_number: str
    status: ShipmentStatus
    created_at: AwareDatetime
    estimated_delivery: date


@dataclass(frozen=True, slots=True)
class Found:
    shipments: list[Shipment]


class Shipments:
    """The service knows no actors: a shipment is reached only by the id on an order, whose policy decides."""

    def __init__(self, sources: CommerceSources, actor: Actor) -> None:
        self._service = sources.carriers

    async def create(
        self,
        *,
        reference: str,
        address: Mapping[str, str],
        weight_g: int,
        idempotency_key: str,
        carrier: str = CARRIER,
    ) -> Shipment:
        """Orders one parcel to `address`, which has at least a `country`; the same key never ships twice.

        Source: carriers, `POST /v1/shipments`. Raises: SourceError; after SourceUnavailable or SourceTimeout, repeat
        it with the same key to learn what happened. SourceRefused with status 422: the address or weight is no good.
        """
        wanted = {"reference": reference, "carrier": carrier, "address": dict(address), "weight_g": weight_g}
        return await self._service.post("/v1/shipments", answer=Shipment, json=wanted, idempotency_key=idempotency_key)

    async def cancel(self, id: str, idempotency_key: str) -> Shipment:
        """Calls a shipment off; doing it again changes nothing.

        Source: carriers, `POST /v1/shipments/{id}:cancel`. Raises: SourceError; SourceRefused with status 409 where it
        was picked up already, 404 where it is unknown.
        """
        return await self._service.post("/v1/shipments/{}:cancel", id, answer=Shipment, idempotency_key=idempotency_key)

    async def by_ids(self, ids: Sequence[str]) -> Mapping[str, Shipment | SourceError]:
        """Shipments by id; unknown ids are left out, an error stands for each id that it kept from being known.

        Source: carriers, one batch of `POST /v1/shipments:batchGet`, each of MAX_IDS.
        """
        batches = [list(ids[at : at + MAX_IDS]) for at in range(0, len(ids), MAX_IDS)]
        asked = [{"ids": batch} for batch in batches]
        answers = await self._service.post_many("/v1/shipments:batchGet", asked, answer=Found)
        found: dict[str, Shipment | SourceError] = {}
        for batch, answer in zip(batches, answers, strict=True):
            if isinstance(answer, SourceError):
                found |= dict.fromkeys(batch, answer)
            else:
                found |= {shipment.id: shipment for shipment in answer.shipments}
        return found
