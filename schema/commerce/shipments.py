"""Shipments, as their orders lead to them."""

from datetime import date, datetime

import strawberry

from datasources.commerce.shipments import ShipmentStatus
from schema.access import policy

strawberry.enum(ShipmentStatus, description="How far a shipment is.")


@strawberry.type(
    description="A parcel on its way, as its carrier tells it.", directives=[policy("whoever may see its order")]
)
class Shipment:
    id: strawberry.ID = strawberry.field(description="Its id at the carriers' service; not for `node`.")
    carrier: str = strawberry.field(description="The carrier's code, such as `dhl`.")
    tracking_number: str = strawberry.field(description="For the carrier's tracking page.")
    status: ShipmentStatus
    created_at: datetime
    estimated_delivery: date
