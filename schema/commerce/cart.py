"""The cart, and what it costs."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from datasources.errors import InvalidInput, KeyReused, NotFound
from datasources.money import Currency
from loaders.commerce import CommerceLoaders
from resolvers.commerce import cart
from resolvers.commerce.pricing import PricedLine, tax_rate_bps
from schema import access
from schema.access import INHERITED, SIGNED_IN, policy
from schema.cost import Cost
from schema.fields import computed, edge
from schema.money import Money
from schema.node import Node, uuid_of
from schema.problems import Problem, mutation, payload

if TYPE_CHECKING:
    from schema.commerce.catalogue import Product


@strawberry.type(description="So many of one product.", directives=[INHERITED])
class CartLine:
    product: Annotated["Product", strawberry.lazy("schema.commerce.catalogue")] = edge(
        CommerceLoaders.product_by_id, key="product_id"
    )
    quantity: int


@strawberry.type(description="What one line of a cart costs.", directives=[INHERITED])
class PricedCartLine:
    product: Annotated["Product", strawberry.lazy("schema.commerce.catalogue")] = edge(
        CommerceLoaders.product_by_id, key="product_id"
    )
    quantity: int
    unit_price: Money = computed(Money.of, "unit_price_minor", "currency", description="Of one, without tax.")
    tax: Money = computed(Money.of, "tax_minor", "currency", description="Of the whole line.")
    total: Money = computed(Money.of, "total_minor", "currency", description="Of the whole line, with tax.")


_BASIS = ("lines", "rate", "currency", "country")


def _lines(*basis: Any) -> tuple[PricedLine, ...]:
    return cart.totals(*basis).lines


def _sum(name: str) -> Callable[..., Any]:
    def of(*basis: Any) -> Any:
        totals = cart.totals(*basis)
        return Money.of(getattr(totals, name), totals.currency)

    return of


@strawberry.type(
    description="What a cart costs when it is sent to a country, at the day's rate.", directives=[INHERITED]
)
class CartTotals:
    currency: Currency
    country: str = strawberry.field(description="Where the tax is of.")
    rate: Decimal = strawberry.field(description="How much of the currency is one of the prices' own.")
    lines: list[PricedCartLine] = computed(_lines, *_BASIS, cost=Cost(size=5), description="In the order of the cart.")
    subtotal: Money = computed(_sum("subtotal_minor"), *_BASIS, description="Without tax.")
    tax: Money = computed(_sum("tax_minor"), *_BASIS)
    total: Money = computed(_sum("total_minor"), *_BASIS, description="What is to be paid.")


def _sent_to(country: str) -> dict[str, str]:
    """Raises: InvalidInput."""
    tax_rate_bps(country)
    return {"country": country}


@strawberry.type(description="What a customer is about to order.", directives=[policy("its customer")])
class Cart(Node, batch=CommerceLoaders.cart_by_id):
    currency: Currency = strawberry.field(description="What its customer pays in.")
    lines: list[CartLine] = edge(
        CommerceLoaders.lines_by_cart, key="id", cost=Cost(size=5), description="In the order in which they were added."
    )
    totals: CartTotals | None = edge(
        CommerceLoaders.cart_basis,
        key=("id", "currency"),
        arguments=_sent_to,
        description="What it costs, sent to this country (ISO 3166 alpha-2). Null while there are no exchange rates.",
    )


@strawberry.type
class CartQuery:
    @access.field(SIGNED_IN, "Your cart; null where you never had one.")
    async def cart(self, info: strawberry.Info) -> Cart | None:
        return await cart.get_cart(info.context)


@strawberry.input(description="More of a product.")
class AddToCartInput:
    product_id: strawberry.ID
    quantity: int = 1
    idempotency_key: str = strawberry.field(description="New for each wish; a repeat adds nothing more.")


@strawberry.input(description="How many of a product are wanted.")
class SetCartLineInput:
    product_id: strawberry.ID
    quantity: int = strawberry.field(description="All in all; 0 removes the line.")


@strawberry.type(description="The cart as it is now, or why it was left as it was.", directives=[INHERITED])
class CartPayload:
    cart: Cart | None = None
    problem: Problem | None = None


@strawberry.type
class CartMutation:
    @mutation(SIGNED_IN, "Adds to what your cart has of a product.", InvalidInput, NotFound, KeyReused)
    async def add_to_cart(self, info: strawberry.Info, input: AddToCartInput) -> CartPayload | None:
        return await payload(
            CartPayload,
            cart=lambda: cart.add_to_cart(
                info.context, uuid_of(input.product_id, "Product", "productId"), input.quantity, input.idempotency_key
            ),
        )

    @mutation(SIGNED_IN, "Sets how many of a product your cart has.", InvalidInput, NotFound)
    async def set_cart_line(self, info: strawberry.Info, input: SetCartLineInput) -> CartPayload | None:
        return await payload(
            CartPayload,
            cart=lambda: cart.set_cart_line(
                info.context, uuid_of(input.product_id, "Product", "productId"), input.quantity
            ),
        )

    @mutation(SIGNED_IN, "Takes everything out of your cart.", NotFound)
    async def clear_cart(self, info: strawberry.Info) -> CartPayload | None:
        return await payload(CartPayload, cart=lambda: cart.clear_cart(info.context))
