"""Categories and products."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from datasources.commerce.catalogue import ProductFilter, ProductSort
from datasources.commerce.tables import BASE_CURRENCY
from datasources.errors import InvalidInput, NotFound
from datasources.money import Currency
from datasources.money import Money as MoneyValue
from loaders.commerce import CommerceLoaders
from resolvers.commerce import catalogue
from resolvers.commerce.catalogue import ProductValues
from schema import access
from schema.access import INHERITED, PUBLIC, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enums import told
from schema.fields import computed, edge, root, root_page
from schema.money import Money, MoneyInput
from schema.node import Node, id_of, uuid_of
from schema.problems import Problem, mutation, payload

if TYPE_CHECKING:
    from schema.commerce.inventory import StockLevel

told(ProductSort, "How a list of products is sorted.", RELEVANCE="Of a search: what fits best comes first.")


@strawberry.type(description="A category of products, in a tree.", directives=[PUBLIC])
class ProductCategory(Node, batch=CommerceLoaders.category_by_id):
    slug: str = strawberry.field(description="For addresses of pages: lower case and hyphens.")
    name: str
    parent: Annotated["ProductCategory", strawberry.lazy("schema.commerce.catalogue")] | None = edge(
        CommerceLoaders.category_by_id, key="parent_id", description="Null at the top."
    )
    children: list[Annotated["ProductCategory", strawberry.lazy("schema.commerce.catalogue")]] = edge(
        CommerceLoaders.children_by_category,
        key="id",
        cost=Cost(size=5),
        description="The categories right below, by name.",
    )
    ancestors: list[Annotated["ProductCategory", strawberry.lazy("schema.commerce.catalogue")]] = edge(
        CommerceLoaders.ancestors_by_category,
        key="id",
        cost=Cost(size=2),
        description="The categories above, from the top.",
    )


@strawberry.type(description="A property of a product.", directives=[PUBLIC])
class ProductAttribute:
    name: str
    value: str


def _attributes(values: Mapping[str, str]) -> list[ProductAttribute]:
    return [ProductAttribute(name=name, value=value) for name, value in values.items()]


def _in_currency(currency: Currency) -> dict[str, str]:
    return {"currency": currency.value}


@strawberry.type(description="Something that we sell.", directives=[PUBLIC])
class Product(Node, batch=CommerceLoaders.product_by_id):
    sku: str = strawberry.field(description="The stock keeping unit: unique, for people.")
    name: str
    description: str
    active: bool = strawberry.field(description="False where it is retired: not sold any more, kept for old orders.")
    price: Money = computed(Money.of, "price_minor", "currency", description=f"Without tax, in {BASE_CURRENCY}.")
    price_in: Money | None = edge(
        CommerceLoaders.price_in,
        key=("price_minor", "currency"),
        arguments=_in_currency,
        cost=Cost(weight=1),
        description="The price at the day's rate, without tax. Null while there are no exchange rates.",
    )
    available: int = edge(
        CommerceLoaders.available_by_product, key="id", description="Pieces that can be ordered now, in all warehouses."
    )
    stock_levels: list[Annotated["StockLevel", strawberry.lazy("schema.commerce.inventory")]] | None = edge(
        CommerceLoaders.levels_by_product,
        key="id",
        access=scope("inventory:read"),
        cost=Cost(size=3),
        description="What lies in each warehouse, by its code.",
    )
    attributes: list[ProductAttribute] = computed(_attributes, "attributes", cost=Cost(size=5))
    category: ProductCategory = edge(CommerceLoaders.category_by_id, key="category_id")
    units_sold: int = strawberry.field(description="How many were ordered and not cancelled, ever.")
    created_at: datetime


@strawberry.input(description="Which products a list has; what is left out does not matter.")
class ProductFilterInput:
    search: str | None = strawberry.field(
        default=None, description="Words of the SKU, name or description; the last may be unfinished."
    )
    category_id: strawberry.ID | None = strawberry.field(default=None, description="This category or one below it.")
    min_price: Decimal | None = strawberry.field(default=None, description=f"In {BASE_CURRENCY}, inclusive.")
    max_price: Decimal | None = strawberry.field(default=None, description=f"In {BASE_CURRENCY}, inclusive.")
    in_stock: bool = strawberry.field(default=False, description="Only what is available now.")
    include_retired: bool = strawberry.field(
        default=False, description="For staff with catalogue:write; ignored for others."
    )

    def value(self) -> ProductFilter:
        """Raises: InvalidInput."""
        return ProductFilter(
            search=self.search,
            category_id=None
            if self.category_id is None
            else uuid_of(self.category_id, "ProductCategory", "filter.categoryId"),
            min_price_minor=_minor(self.min_price, "filter.minPrice"),
            max_price_minor=_minor(self.max_price, "filter.maxPrice"),
            in_stock=self.in_stock,
            include_retired=self.include_retired,
        )


def _minor(amount: Decimal | None, field: str) -> int | None:
    return None if amount is None else MoneyValue.parse(amount, BASE_CURRENCY, field).minor


def _wanted_products(filter: ProductFilterInput | None = None, sort: ProductSort | None = None) -> dict[str, Any]:
    wanted = filter.value() if filter else ProductFilter()
    return {"filter": wanted, "sort": sort or catalogue.order_of(wanted)}


@strawberry.type
class CatalogueQuery:
    products: Connection[Product] | None = root_page(
        CommerceLoaders.products,
        PUBLIC,
        "Products, the newest first, or by relevance where they are searched.",
        arguments=_wanted_products,
    )
    product: Product | None = root(
        CommerceLoaders.product_by_id,
        PUBLIC,
        "The product with this id, retired or not; null where there is none.",
        key=id_of("Product"),
    )

    @access.field(PUBLIC, "The categories at the top, by name.")
    async def categories(self, info: strawberry.Info) -> list[ProductCategory] | None:
        return await catalogue.root_categories(info.context)

    category: ProductCategory | None = root(
        CommerceLoaders.category_by_id,
        PUBLIC,
        "The category with this id; null where there is none.",
        key=id_of("ProductCategory"),
    )


@strawberry.input(description="A property of a product; its name is there once.")
class ProductAttributeInput:
    name: str
    value: str


@strawberry.input(description="A new product.")
class CreateProductInput:
    sku: str = strawberry.field(description="2 to 40 of A-Z, 0-9 and hyphens; unique.")
    name: str
    description: str
    category_id: strawberry.ID
    price: MoneyInput = strawberry.field(description=f"Without tax, in {BASE_CURRENCY}.")
    attributes: list[ProductAttributeInput] = strawberry.field(default_factory=list)


@strawberry.input(description="What to change of a product; what is left out stays.")
class ChangeProductInput:
    product_id: strawberry.ID
    sku: str | None = None
    name: str | None = None
    description: str | None = None
    category_id: strawberry.ID | None = None
    price: MoneyInput | None = None
    attributes: list[ProductAttributeInput] | None = strawberry.field(
        default=None, description="Replaces all attributes."
    )


@strawberry.input(description="Which product to take off sale.")
class RetireProductInput:
    product_id: strawberry.ID


@strawberry.input(description="Which product to put back on sale.")
class RestoreProductInput:
    product_id: strawberry.ID


@strawberry.type(description="The product, or why it was refused.", directives=[INHERITED])
class ProductPayload:
    product: Product | None = None
    problem: Problem | None = None


@strawberry.type
class CatalogueMutation:
    @mutation(scope("catalogue:write"), "Adds a product; it is on sale at once.", InvalidInput)
    async def create_product(self, info: strawberry.Info, input: CreateProductInput) -> ProductPayload | None:
        return await payload(ProductPayload, product=lambda: catalogue.create_product(info.context, _values(input)))

    @mutation(scope("catalogue:write"), "Changes a product.", InvalidInput, NotFound)
    async def change_product(self, info: strawberry.Info, input: ChangeProductInput) -> ProductPayload | None:
        return await payload(
            ProductPayload,
            product=lambda: catalogue.change_product(
                info.context, uuid_of(input.product_id, "Product", "productId"), _values(input)
            ),
        )

    @mutation(scope("catalogue:write"), "Takes a product off sale; what was ordered keeps it.", InvalidInput, NotFound)
    async def retire_product(self, info: strawberry.Info, input: RetireProductInput) -> ProductPayload | None:
        return await payload(
            ProductPayload,
            product=lambda: catalogue.set_active(
                info.context, uuid_of(input.product_id, "Product", "productId"), active=False
            ),
        )

    @mutation(scope("catalogue:write"), "Puts a retired product back on sale.", InvalidInput, NotFound)
    async def restore_product(self, info: strawberry.Info, input: RestoreProductInput) -> ProductPayload | None:
        return await payload(
            ProductPayload,
            product=lambda: catalogue.set_active(
                info.context, uuid_of(input.product_id, "Product", "productId"), active=True
            ),
        )


def _values(input: CreateProductInput | ChangeProductInput) -> ProductValues:
    return ProductValues(
        sku=input.sku,
        name=input.name,
        description=input.description,
        category_id=None if input.category_id is None else uuid_of(input.category_id, "ProductCategory", "categoryId"),
        price=None if input.price is None else input.price.value("price"),
        attributes=None if input.attributes is None else {a.name: a.value for a in input.attributes},
    )
