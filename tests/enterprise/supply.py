"""Supply for tests: each wish in one line, through the graph; each gives an id, or the payload where that is told."""

from typing import Any
from uuid import UUID

from datasources.actor import Actor
from schema.node import global_id
from tests.enterprise.company import Company

_PROBLEM = "problem { code message ... on InputProblem { field } }"
_ORDER = "record: purchaseOrder { id status total { amount } approvedBy { name } lines { received } }"


def _mutation(name: str, result: str, input: str = "") -> str:
    input = input or f"{name[0].upper()}{name[1:]}Input"
    return f"mutation ($input: {input}!) {{ done: {name}(input: $input) {{ {result} {_PROBLEM} }} }}"


SUPPLIER = _mutation("addSupplier", "record: supplier { id }")
CHANGE_SUPPLIER = _mutation("changeSupplier", "record: supplier { id name leadTimeDays }")
PRICE = _mutation("setSupplierPrice", "record: price { id price { amount } minimumQuantity supplier { name } }")
POINT = _mutation("setReorderPoint", "record: reorderPoint { id reorderAt reorderQuantity }")
DRAFT = _mutation("draftPurchaseOrder", _ORDER)
APPROVE, SEND, CANCEL = (
    _mutation(f"{verb}PurchaseOrder", _ORDER, "MovePurchaseOrderInput") for verb in ("approve", "send", "cancel")
)
RECEIVE = _mutation("receiveGoods", _ORDER)


class Supply:
    """What the buyer does, unless another is named."""

    def __init__(self, company: Company) -> None:
        self.of = company

    async def made(self, mutation: str, actor: Actor | None = None, **input: Any) -> Any:
        done = await self.of.do(mutation, actor or self.of.buyer, **input)
        assert done["problem"] is None, done
        return done["record"]

    async def refused(self, mutation: str, actor: Actor | None = None, **input: Any) -> str:
        done = await self.of.do(mutation, actor or self.of.buyer, **input)
        assert done["record"] is None
        code: str = done["problem"]["code"]
        return code

    async def supplier(self, name: str = "Töpfer & Co", currency: str = "EUR", days: int = 10) -> str:
        input: dict[str, Any] = {
            "name": name,
            "email": "orders@example.com",
            "currency": currency,
            "leadTimeDays": days,
        }
        return str((await self.made(SUPPLIER, **input))["id"])

    async def price(self, supplier: str, product: UUID, amount: str, currency: str = "EUR", **more: Any) -> Any:
        of: dict[str, Any] = {
            "supplierId": supplier,
            "productId": global_id("Product", product),
            "sku": f"S-{product.hex[-4:]}",
        }
        return await self.made(PRICE, **of, price={"amount": amount, "currency": currency}, **more)

    async def point(self, supplier: str, product: UUID, warehouse: UUID, at: int, quantity: int) -> Any:
        place: dict[str, Any] = {
            "productId": global_id("Product", product),
            "warehouseId": global_id("Warehouse", warehouse),
        }
        return await self.made(POINT, supplierId=supplier, **place, reorderAt=at, reorderQuantity=quantity)

    async def draft(self, supplier: str, warehouse: UUID, *lines: tuple[UUID, int], by: Actor | None = None) -> str:
        place = global_id("Warehouse", warehouse)
        return str((await self.made(DRAFT, by, supplierId=supplier, warehouseId=place, lines=pieces(*lines)))["id"])

    async def sent(self, supplier: str, warehouse: UUID, *lines: tuple[UUID, int]) -> str:
        """An order that is on its way."""
        id = await self.draft(supplier, warehouse, *lines)
        await self.made(APPROVE, self.of.director, purchaseOrderId=id)
        return str((await self.made(SEND, purchaseOrderId=id))["id"])


def pieces(*lines: tuple[UUID, int]) -> list[dict[str, Any]]:
    return [{"productId": global_id("Product", product), "quantity": quantity} for product, quantity in lines]
