"""What lies in the warehouses, and how staff correct it."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any
from uuid import UUID

from datasources.commerce.stock_ledger import AdjustmentReason, MovementKind
from datasources.commerce.stores import Commerce
from datasources.errors import InvalidInput, NotFound
from datasources.sql import Transaction
from loaders.commerce import CommerceLoaders
from resolvers.context import Context

MAX_ADJUSTMENT = 1_000_000


@dataclass(frozen=True, slots=True)
class Adjustment:
    """`by` pieces more, or fewer where it is negative."""

    product_id: UUID
    warehouse_id: UUID
    by: int
    reason: AdjustmentReason


async def warehouses(context: Context) -> Any:
    """By code."""
    return await context.of(Commerce).inventory.warehouses()


async def find_movements(context: Context, product_id: UUID, warehouse_id: UUID | None, page: Mapping[str, Any]) -> Any:
    """The ledger of a product, the newest first."""
    return await context.loaders.load(
        CommerceLoaders.movements_by_product, product_id, warehouse_id=warehouse_id, **page
    )


async def adjust_stock(context: Context, adjustment: Adjustment, key: str) -> Any:
    """Changes what is on hand, once for `key`; the level as it is now.

    Raises: Forbidden, InvalidInput, NotFound, StockReserved, KeyReused.
    """
    context.actor.require("inventory:write")
    _check(adjustment)
    await _must_exist(context, adjustment)
    commerce = context.of(Commerce)
    product_id, warehouse_id, by, reason = astuple(adjustment)
    kind = MovementKind.RECEIVED if reason is AdjustmentReason.RECEIVED else MovementKind.ADJUSTED

    async def adjust(transaction: Transaction) -> bool:
        await commerce.inventory.adjust(transaction, product_id, warehouse_id, by, kind, reason)
        return True

    await commerce.once(key, "adjustStock", adjustment).do(commerce.sources.database, adjust)
    context.loaders.forget()
    levels = await context.loaders.load(CommerceLoaders.levels_by_product, product_id)
    return next(level for level in levels if level.warehouse_id == warehouse_id)


def _check(adjustment: Adjustment) -> None:
    if not 0 < abs(adjustment.by) <= MAX_ADJUSTMENT:
        raise InvalidInput("by", f"Change by 1 to {MAX_ADJUSTMENT} pieces, up or down.")
    if adjustment.reason is AdjustmentReason.RECEIVED and adjustment.by < 0:
        raise InvalidInput("by", "What is received is more than nothing; correct a mistake as COUNTED.")


async def _must_exist(context: Context, adjustment: Adjustment) -> None:
    if await context.loaders.load(CommerceLoaders.product_by_id, adjustment.product_id) is None:
        raise NotFound("product")
    if await context.loaders.load(CommerceLoaders.warehouse_by_id, adjustment.warehouse_id) is None:
        raise NotFound("warehouse")
