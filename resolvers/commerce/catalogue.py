"""Finding products, and keeping the catalogue."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from datasources.commerce.catalogue import ProductFilter, ProductSort
from datasources.commerce.events import EventType
from datasources.commerce.stores import Commerce
from datasources.commerce.tables import BASE_CURRENCY
from datasources.errors import InvalidInput, NotFound
from datasources.ids import uuid7
from datasources.money import Money
from loaders.commerce import CommerceLoaders
from resolvers.context import Context

MAX_ATTRIBUTES = 50


@dataclass(frozen=True, slots=True)
class ProductValues:
    """What staff say of a product; None leaves a value as it is."""

    sku: str | None = None
    name: str | None = None
    description: str | None = None
    category_id: UUID | None = None
    price: Money | None = None
    attributes: Mapping[str, str] | None = None


def order_of(filter: ProductFilter) -> ProductSort:
    """Where nobody says: by relevance where products are searched, else the newest first."""
    return ProductSort.NEWEST if filter.search is None else ProductSort.RELEVANCE


async def root_categories(context: Context) -> Any:
    return await context.of(Commerce).catalogue.root_categories()


async def create_product(context: Context, values: ProductValues) -> Any:
    """Adds an active product. Raises: Forbidden, InvalidInput."""
    context.actor.require("catalogue:write")
    now = context.clock()
    row = {**_columns(values), "id": uuid7(now), "active": True, "units_sold": 0, "created_at": now, "updated_at": now}
    commerce = context.of(Commerce)
    try:
        async with commerce.sources.database.transaction() as transaction:
            await commerce.catalogue.insert(transaction, row)
            await commerce.events.append(transaction, EventType.PRODUCT_CREATED, row["id"], sku=row["sku"])
    except IntegrityError as error:
        raise _refused(error) from None
    return await _fresh(context, row["id"])


async def change_product(context: Context, id: UUID, values: ProductValues) -> Any:
    """Changes what is given. Raises: Forbidden, InvalidInput, NotFound."""
    return await _change(context, id, _columns(values), EventType.PRODUCT_CHANGED)


async def set_active(context: Context, id: UUID, *, active: bool) -> Any:
    """Takes a product off the lists, or puts it back; orders keep it. Raises: Forbidden, NotFound."""
    event = EventType.PRODUCT_RESTORED if active else EventType.PRODUCT_RETIRED
    return await _change(context, id, {"active": active}, event)


async def _change(context: Context, id: UUID, columns: Mapping[str, Any], event: EventType) -> Any:
    context.actor.require("catalogue:write")
    commerce = context.of(Commerce)
    try:
        async with commerce.sources.database.transaction() as transaction:
            row = await commerce.catalogue.update(transaction, id, {**columns, "updated_at": context.clock()})
            if row is None:
                raise NotFound("product")
            await commerce.events.append(transaction, event, id, changed=sorted(columns))
    except IntegrityError as error:
        raise _refused(error) from None
    return await _fresh(context, id)


async def _fresh(context: Context, id: UUID) -> Any:
    context.loaders.forget()
    return await context.loaders.load(CommerceLoaders.product_by_id, id)


def _columns(values: ProductValues) -> dict[str, Any]:
    """The columns to write, checked."""
    columns: dict[str, Any] = {}
    if values.sku is not None:
        columns["sku"] = _matching(
            "sku", values.sku, r"[A-Z0-9][A-Z0-9-]{1,39}", "2 to 40 of A-Z, 0-9 and -, as in MUG-01"
        )
    if values.name is not None:
        columns["name"] = _text("name", values.name, 200)
    if values.description is not None:
        columns["description"] = _text("description", values.description, 10_000)
    if values.category_id is not None:
        columns["category_id"] = values.category_id
    if values.price is not None:
        columns |= _price(values.price)
    if values.attributes is not None:
        columns["attributes"] = _attributes(values.attributes)
    return columns


def _price(price: Money) -> dict[str, Any]:
    if price.currency != BASE_CURRENCY:
        raise InvalidInput("price", f"Prices are kept in {BASE_CURRENCY}; give the price in it.")
    if price.minor < 0:
        raise InvalidInput("price", "A price cannot be negative.")
    return {"price_minor": price.minor, "currency": price.currency}


def _attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    if len(attributes) > MAX_ATTRIBUTES:
        raise InvalidInput("attributes", f"A product has {MAX_ATTRIBUTES} attributes at most.")
    return {_text("attributes", name, 60): _text("attributes", value, 500) for name, value in attributes.items()}


def _text(field: str, text: str, longest: int) -> str:
    clean = text.strip()
    if not 0 < len(clean) <= longest or "\0" in clean:
        raise InvalidInput(field, f"`{field}` has 1 to {longest} characters.")
    return clean


def _matching(field: str, text: str, pattern: str, said: str) -> str:
    if not re.fullmatch(pattern, text):
        raise InvalidInput(field, f"`{field}` is {said}.")
    return text


def _refused(error: IntegrityError) -> InvalidInput:
    if "sku" in str(error.orig).lower():
        return InvalidInput("sku", "Another product has this SKU; SKUs are unique, those of retired products too.")
    return InvalidInput("categoryId", "There is no such category; pass the id of one from `categories`.")
