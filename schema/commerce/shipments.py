"""Shipments, as their orders lead to them."""

from datetime import date, datetime

import strawberry

from datasources.commerce.shipments import ShipmentStatus
from schema.access import policy
from schema.enums import told
from schema.fields import computed

told(ShipmentStatus, "How far a shipment is.", CREATED="The carrier knows of it and does not have it yet.")


@strawberry.type(
    description="A parcel on its way, as its carrier tells it.", directives=[policy("whoever may see its order")]
)
class Shipment:
    provider_id: str = computed(str, "id", description="What the carriers' service calls it.")
    carrier: str = strawberry.field(description="The carrier's code, such as `dhl`.")
    tracking_number: str = strawberry.field(description="For the carrier's tracking page.")
    status: ShipmentStatus
    created_at: datetime
    estimated_delivery: date
