"""The floor: what somebody who needs just these answers would write by hand, on the same blocks and rights.

The same statements of the same columns, the same calls to the services, the same JSON; no graph.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from datasources.commerce.seals import PLACES
from datasources.commerce.sources import CommerceSources
from datasources.commerce.stores import Commerce
from datasources.commerce.tables import CUSTOMERS, ORDER_LINES, ORDERS, PRODUCTS, STOCK_LEVELS, WAREHOUSES
from datasources.errors import SourceError
from datasources.money import Money, written
from datasources.pages import Sort, paged
from datasources.statements import Read, Statement, among, kept, read
from datasources.table import Row
from gateway import processes
from gateway.identity import Tokens, bearer
from house import configured, opened
from schema.node import global_id, uuid_of

CUSTOMER, ORDER, LINE, PRODUCT, LEVEL = CUSTOMERS.c, ORDERS.c, ORDER_LINES.c, PRODUCTS.c, STOCK_LEVELS.c
NEWEST_CUSTOMERS = Sort("newest", (CUSTOMER.created_at, CUSTOMER.id), descending=True)
CUSTOMERS_BY_AGE = f"commerce.customers/{NEWEST_CUSTOMERS.name}"
"""What cursors call that list."""


class Floor:
    """One endpoint a question; `commerce` has the rights of the actor whose token came."""

    def __init__(self, sources: CommerceSources, tokens: Tokens) -> None:
        self._sources = sources
        self._database = sources.database
        self._tokens = tokens

    async def nested(self, request: Request) -> Response:
        return await self._nested(request, CUSTOMER.sealed_name)

    async def peers(self, request: Request) -> Response:
        return await self._nested(request)

    async def _nested(self, request: Request, *sealed: sa.Column[Any]) -> Response:
        await self._signed_in(request)
        customers = await self._customers(20, *sealed)
        orders = await self._orders_of(customers, 5, ORDER.number, ORDER.placed_at, ORDER.total_minor, ORDER.currency)
        lines = await self._lines_of(orders, LINE.quantity, LINE.unit_price_minor, LINE.currency)
        products = await self._products_of(lines, PRODUCT.sku, PRODUCT.name)
        place, cipher = PLACES[CUSTOMER.sealed_name], self._sources.cipher
        return _json(
            [
                {
                    "id": global_id("Customer", c.id),
                    **({"name": cipher.open(c.sealed_name, place + c.id.bytes)} if sealed else {}),
                    "orders": _nodes(
                        {
                            "number": o.number,
                            "placedAt": o.placed_at,
                            "total": _money(o.total_minor, o.currency),
                            "lines": [
                                {
                                    "quantity": line.quantity,
                                    "unitPrice": _money(line.unit_price_minor, line.currency),
                                    "product": {"sku": (p := products[line.product_id]).sku, "name": p.name},
                                }
                                for line in lines[o.id]
                            ],
                        }
                        for o in orders[c.id]
                    ),
                }
                for c in customers
            ]
        )

    async def nested_rest(self, request: Request) -> Response:
        commerce = await self._signed_in(request)
        customers = await self._customers(20, after=orjson.loads(await request.body())["variables"]["after"])
        orders = await self._orders_of(customers, 5, ORDER.number, ORDER.payment_id, ORDER.shipment_id)
        every = [order for of_customer in orders.values() for order in of_customer]
        lines = await self._lines_of(orders)
        products = await self._products_of(lines, PRODUCT.sku, PRODUCT.price_minor, PRODUCT.currency)
        available = await commerce.inventory.available_of(list(products))
        levels = await self._levels_of(products)
        prices = await commerce.sources.rates.converted(
            [*{(p.price_minor, p.currency) for p in products.values()}], currency="USD"
        )
        payments = await commerce.payments.by_ids([o.payment_id for o in every if o.payment_id])
        shipments = await commerce.shipments.by_ids([o.shipment_id for o in every if o.shipment_id])
        written = {id: self._product(p, available, levels, prices) for id, p in products.items()}
        return _json(
            [
                {
                    "id": global_id("Customer", c.id),
                    "orders": _nodes(
                        {
                            "number": o.number,
                            "payment": _payment(payments.get(o.payment_id)),
                            "shipment": _shipment(shipments.get(o.shipment_id)),
                            "lines": [{"product": written[line.product_id]} for line in lines[o.id]],
                        }
                        for o in orders[c.id]
                    ),
                }
                for c in customers
            ]
        )

    async def lookup(self, request: Request) -> Response:
        await self._signed_in(request)
        id = uuid_of(orjson.loads(await request.body())["variables"]["id"], "Product")
        (p,) = await self._database.rows(read(_ONE_PRODUCT, among(PRODUCT.id, [id])))
        price = _money(p.price_minor, p.currency)
        return _answer({"product": {"id": global_id("Product", p.id), "sku": p.sku, "name": p.name, "price": price}})

    async def long_list(self, request: Request) -> Response:
        await self._signed_in(request)
        customers = await self._customers(100)
        orders = await self._orders_of(
            customers, 10, *(ORDER.number, ORDER.placed_at, ORDER.subtotal_minor, ORDER.tax_minor, ORDER.currency)
        )
        return _json(
            [
                {
                    "orders": _nodes(
                        {
                            "id": global_id("Order", o.id),
                            "number": o.number,
                            "placedAt": o.placed_at,
                            "subtotal": _money(o.subtotal_minor, o.currency),
                            "tax": _money(o.tax_minor, o.currency),
                        }
                        for o in orders[c.id]
                    )
                }
                for c in customers
            ]
        )

    async def _signed_in(self, request: Request) -> Commerce:
        actor = await self._tokens.actor_of(bearer(request.headers["authorization"]) or "")
        actor.require("customers:read")
        return Commerce(self._sources, actor)

    async def _customers(self, first: int, *columns: sa.Column[Any], after: str | None = None) -> Sequence[Row]:
        asked: dict[str, Any] = {"limit": first}
        if after is not None:
            created_at, id = self._sources.cursors.decode(after, CUSTOMERS_BY_AGE)
            asked |= {"after_0": datetime.fromisoformat(created_at), "after_1": UUID(id)}
        return await self._database.rows(Read(_customers(columns, after is not None, self._database.dialect), asked))

    async def _orders_of(
        self, customers: Sequence[Row], first: int, *columns: sa.Column[Any]
    ) -> Mapping[UUID, list[Row]]:
        statement = _orders_of(columns, self._database.dialect)
        asked = {"keys": [c.id for c in customers], "limit": first}
        return _grouped(await self._database.rows(Read(statement, asked)), "parent_key")

    async def _lines_of(self, orders: Mapping[UUID, list[Row]], *columns: sa.Column[Any]) -> Mapping[UUID, list[Row]]:
        ids = [order.id for of_customer in orders.values() for order in of_customer]
        in_order = (LINE.order_id, LINE.position)
        lines = read(_selected(LINE.order_id, LINE.product_id, *columns), among(LINE.order_id, ids), order=in_order)
        return _grouped(await self._database.rows(lines), "order_id")

    async def _products_of(self, lines: Mapping[UUID, list[Row]], *columns: sa.Column[Any]) -> Mapping[UUID, Row]:
        ids = [*{line.product_id for of_order in lines.values() for line in of_order}]
        found = await self._database.rows(read(_selected(PRODUCT.id, *columns), among(PRODUCT.id, ids)))
        return {row.id: row for row in found}

    async def _levels_of(self, products: Mapping[UUID, Row]) -> Mapping[UUID, list[Row]]:
        mine = read(_LEVELS, among(LEVEL.product_id, list(products)), order=(WAREHOUSES.c.code,))
        return _grouped(await self._database.rows(mine), "product_id")

    @staticmethod
    def _product(
        p: Row,
        available: Mapping[UUID, int],
        levels: Mapping[UUID, list[Row]],
        prices: Mapping[tuple[int, str], Money],
    ) -> dict[str, Any]:
        price = prices[p.price_minor, p.currency]
        return {
            "sku": p.sku,
            "available": available.get(p.id, 0),
            "priceIn": _money(price.minor, price.currency),
            "stockLevels": [{"onHand": level.on_hand, "reserved": level.reserved} for level in levels[p.id]],
        }


_ONE_PRODUCT = sa.select(PRODUCT.id, PRODUCT.sku, PRODUCT.name, PRODUCT.price_minor, PRODUCT.currency)
_LEVELS = sa.select(LEVEL.product_id, LEVEL.on_hand, LEVEL.reserved).join(
    WAREHOUSES, WAREHOUSES.c.id == LEVEL.warehouse_id
)


@kept
def _selected(*columns: sa.Column[Any]) -> sa.Select[Any]:
    return sa.select(*columns)


@kept
def _customers(columns: Sequence[sa.Column[Any]], after: bool, dialect: str) -> Statement:
    select = sa.select(CUSTOMER.id, *columns)
    return paged(select, (), NEWEST_CUSTOMERS, None, after=after, many=False, dialect=dialect)[0]


@kept
def _orders_of(columns: Sequence[sa.Column[Any]], dialect: str) -> Statement:
    newest = Sort("newest", (ORDER.placed_at, ORDER.id), descending=True)
    select = sa.select(ORDER.id, *columns)
    return paged(select, (), newest, ORDER.customer_id, after=False, many=True, dialect=dialect)[0]


def app() -> Starlette:
    """For uvicorn, configured by the environment as the gateway is."""
    settings, own = configured()
    tokens = Tokens.configured(settings)
    paths = {
        "/nested": "nested",
        "/peers": "peers",
        "/nested-rest": "nested_rest",
        "/lookup": "lookup",
        "/list": "long_list",
    }

    def route(path: str, name: str) -> Route:
        async def endpoint(request: Request) -> Response:
            answer: Response = await getattr(request.app.state.floor, name)(request)
            return answer

        return Route(path, endpoint, methods=["POST"])

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with opened(settings, own) as sources:
            app.state.floor = Floor(sources[Commerce], tokens)
            processes.settle()
            yield

    return Starlette(routes=[route(*one) for one in paths.items()], lifespan=lifespan)


def _json(customers: list[dict[str, Any]]) -> Response:
    return _answer({"customers": {"nodes": customers}})


def _answer(data: dict[str, Any]) -> Response:
    return Response(orjson.dumps({"data": data}), media_type="application/json")


def _nodes(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"nodes": list(rows)}


def _money(minor: int, currency: str) -> dict[str, str]:
    return {"amount": written(minor, currency), "currency": currency}


def _payment(payment: Any) -> dict[str, Any] | None:
    if payment is None:
        return None
    if isinstance(payment, SourceError):
        raise payment
    return {"status": payment.status.name, "amount": _money(payment.amount_minor, payment.currency)}


def _shipment(shipment: Any) -> dict[str, Any] | None:
    if shipment is None:
        return None
    if isinstance(shipment, SourceError):
        raise shipment
    return {"status": shipment.status.name, "trackingNumber": shipment.tracking_number}


def _grouped(rows: Iterable[Row], by: str) -> defaultdict[UUID, list[Row]]:
    groups: defaultdict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, by)].append(row)
    return groups
