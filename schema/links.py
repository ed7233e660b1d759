"""Every edge between domains, and the root fields that need more than one of them.

A domain knows no other. What it wants of one (has this person bought that?) its use case takes as a function, and here
stands which one that is. A domain leaves with all that names it here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import strawberry
from strawberry.tools import merge_types

from datasources.commerce.orders import OrderStatus
from datasources.commerce.payments.taken import taken
from datasources.commerce.people import buyers, known, person_by_email
from datasources.commerce.shipped import shipped
from datasources.commerce.stocked import best_sold
from datasources.commerce.stores import Commerce
from datasources.enterprise.errors import InvoicedAlready, OrderDiffers
from datasources.enterprise.sample.crm import MOST_CONTACTS, fill_crm
from datasources.enterprise.sample.invoices import INVOICED, fill_invoices
from datasources.enterprise.sample.supply import MOST_PLACES, SOLD_DAYS, fill_supply
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.supply.purchases import Place
from datasources.enterprise.supply.suppliers import MOST_POINTS
from datasources.errors import InvalidInput, KeyReused, NotFound
from datasources.finance.sample.fill import fill_wallets
from datasources.finance.stores import Finance
from datasources.social.errors import NoProfile, NotBought
from datasources.social.recommendations import MOST
from datasources.social.sample.fill import Outside
from datasources.social.sample.fill import fill as fill_social
from datasources.social.stores import Social
from loaders.commerce import CommerceLoaders
from loaders.enterprise import EnterpriseLoaders
from loaders.finance import FinanceLoaders
from loaders.social import SocialLoaders
from resolvers.commerce.orders import bought_together, has_received, paid_for, paid_since
from resolvers.commerce.orders.paid import MOST_LISTED
from resolvers.commerce.pricing import tax_rate_bps
from resolvers.context import Context
from resolvers.enterprise import invoices
from resolvers.enterprise.crm import activities, contacts, tickets
from resolvers.enterprise.invoice_rules import Line
from resolvers.enterprise.supply import purchasing, reordering, suppliers
from resolvers.finance.reconciling import reconcile
from resolvers.social import recommendations, reviews
from schema import access
from schema.access import INHERITED, SIGNED_IN, scope
from schema.commerce.catalogue import Product
from schema.commerce.customers import Customer
from schema.commerce.inventory import Warehouse
from schema.commerce.orders import Order
from schema.connection import Connection
from schema.cost import Cost
from schema.domain import Links
from schema.enterprise.crm.activities import Activity, ActivityPayload, CreateActivityInput
from schema.enterprise.crm.contacts import Contact, ContactPayload, LinkContactInput
from schema.enterprise.crm.tickets import OpenTicketInput, Ticket, TicketPayload
from schema.enterprise.invoices import DraftInvoiceInput, Invoice, InvoiceOrderInput, InvoicePayload, lines_of
from schema.enterprise.supply.purchases import (
    DraftPurchaseOrderInput,
    GoodsReceiptLine,
    PurchaseLine,
    PurchaseOrder,
    PurchaseOrderPayload,
    pieces,
)
from schema.enterprise.supply.suppliers import (
    ReorderPoint,
    ReorderPointPayload,
    SetReorderPointInput,
    SetSupplierPriceInput,
    Supplier,
    SupplierPrice,
    SupplierPricePayload,
)
from schema.fields import computed, edge, edge_page
from schema.finance.accounts import Account
from schema.finance.books import Entry
from schema.money import Money
from schema.node import global_id, uuid_of
from schema.problems import mutation, payload
from schema.social.notifications import Notification
from schema.social.posts import Post, PostProduct
from schema.social.profiles import Profile
from schema.social.recommendations import Recommended
from schema.social.reviews import Review, ReviewPayload, ReviewSummary, WriteReviewInput


def linked(type: Any) -> Any:
    """Puts the edges of the class below onto `type`, which a domain declared without them."""

    def put(edges: type) -> type:
        declared: Any = strawberry.type(edges)
        type.__strawberry_definition__.fields += declared.__strawberry_definition__.fields
        return edges

    return put


@linked(Product)
class ProductLinks:
    posts: Connection[Post] = edge_page(
        SocialLoaders.posts_by_product,
        key="id",
        description="Posts that show it, the newest first; those that you see.",
    )
    reviews: Connection[Review] = edge_page(
        SocialLoaders.reviews_by_product, key="id", description="The newest first; those that you may see."
    )
    review_summary: ReviewSummary | None = edge(
        SocialLoaders.review_summary, key="id", description="Null where there are no reviews that you may see."
    )


@linked(Customer)
class CustomerLinks:
    profile: Profile | None = edge(
        SocialLoaders.profile_by_id, key="id", description="Null where there is none, or none that you may see."
    )


@linked(PostProduct)
class PostProductLinks:
    product: Product | None = edge(
        CommerceLoaders.product_by_id, key="product_id", description="With its price and stock as they are now."
    )


@linked(Review)
class ReviewLinks:
    product: Product | None = edge(CommerceLoaders.product_by_id, key="product_id", description="What it is about.")


@linked(Notification)
class NotificationLinks:
    order: Order | None = edge(
        CommerceLoaders.order_by_id, key="order_id", description="What it is about; null where that is no order."
    )


@strawberry.type(description="Products that you may like.", directives=[INHERITED])
class RecommendedProducts(Recommended):
    nodes: list[Product] = strawberry.field(description="The best first.", directives=[Cost(size=MOST)])


@strawberry.type
class LinksQuery:
    @access.field(SIGNED_IN, f"Products that you may like, {MOST} at most.")
    async def recommended_products(self, info: strawberry.Info) -> RecommendedProducts | None:
        by_id = CommerceLoaders.product_by_id
        found: Any = await recommendations.recommended_products(info.context, by_id, bought_together)
        return found


@strawberry.type
class LinksMutation:
    @mutation(
        SIGNED_IN,
        "Reviews a product that was sent to you, once or anew: there is one review of yours of each.",
        InvalidInput,
        NoProfile,
        NotBought,
        NotFound,
        KeyReused,
    )
    async def write_review(self, info: strawberry.Info, input: WriteReviewInput) -> ReviewPayload | None:
        return await payload(
            ReviewPayload,
            review=lambda: reviews.write_review(info.context, input.value(), input.idempotency_key, has_received),
        )


async def fill(sources: Mapping[type, Any], **options: Any) -> bool:
    """Sample profiles for the sample customers, who talk of the sample products."""
    there = await known(sources[Commerce])
    named = {
        person.signed_in: handle
        for handle in ("ada", "bo")
        if (person := await person_by_email(sources[Commerce], f"{handle}@example.com"))
    }
    people = [*named, *(id for id in there.customers if id not in named)]
    return await fill_social(sources[Social], Outside(people, named, there.products, there.bought), **options)


@linked(Customer)
class CustomerAccounts:
    accounts: list[Account] = edge(
        FinanceLoaders.accounts_by_owner,
        key="id",
        cost=Cost(size=2),
        description="The oldest first; none where you may not see them.",
    )


@linked(Order)
class OrderPostings:
    postings: list[Entry] = edge(
        FinanceLoaders.entries_by_order,
        key="id",
        cost=Cost(size=2),
        description="What it was booked as, the oldest first; none unless you may read the books.",
    )


@strawberry.type(
    description="An order, or a payment of none, of which books and payment service say another thing.",
    directives=[INHERITED],
)
class PaymentDifference:
    order_id: strawberry.ID | None = computed(
        lambda id: id and global_id("Order", id), "order_id", description="Null where the payment names no order."
    )
    order: Order | None = edge(
        CommerceLoaders.order_by_id, key="order_id", description="Null where you may not see it, or there is none."
    )
    payments: list[str] = strawberry.field(
        description="What the payment service calls its payments; more than one where it took the money twice."
    )
    at_provider: Money | None = strawberry.field(
        description="What the payment service took, less what it gave back; null where it knows of nothing."
    )
    booked: Money | None = strawberry.field(description="What the books say of that; null where they say nothing.")


@strawberry.type(description="Payments and books, compared.", directives=[INHERITED])
class Reconciled:
    compared: int = strawberry.field(description="How many orders, and payments of none.")
    complete: bool = strawberry.field(description="False where there were more: the newest were compared.")
    differences: list[PaymentDifference] = strawberry.field(
        description="None where all is well; what is under way may be among them for a moment."
    )


@strawberry.type
class FinanceLinksQuery:
    @access.field(
        scope("books:read"),
        "Compares what the payment service took or gave back in the last `days` days with the books, and what was "
        f"booked with the service: the {MOST_LISTED} newest payments at most. Null, with an error, while it is away.",
        Cost(weight=5000, size=10),
    )
    async def reconciliation(self, info: strawberry.Info, days: int = 1) -> Reconciled | None:
        found: Any = await reconcile(info.context, days, paid_since, paid_for)
        return found


async def fill_accounts(sources: Mapping[type, Any], **options: Any) -> bool:
    """Wallets of the sample customers, Ada and Bo among them."""
    there = await known(sources[Commerce])
    found = [await person_by_email(sources[Commerce], f"{name}@example.com") for name in ("ada", "bo")]
    first = [person.signed_in for person in found if person]
    people = [*first, *(id for id in there.customers if id not in first)]
    return await fill_wallets(sources[Finance], people, await taken(sources[Commerce]), **options)


@linked(Customer)
class CustomerContact:
    contact: Contact | None = edge(
        EnterpriseLoaders.contact_by_customer,
        key="id",
        description="Whom sales know this customer as; null where they do not, or you may not see it.",
    )


@linked(Contact)
class ContactCustomer:
    customer: Customer | None = edge(
        CommerceLoaders.customer_by_id,
        key="customer_id",
        description="With orders, profile and accounts; null for who never bought, or where you may not see it.",
    )


@linked(Customer)
class CustomerInvoices:
    invoices: Connection[Invoice] = edge_page(
        EnterpriseLoaders.invoices_by_customer,
        key="id",
        description="The newest first: those issued to you, or all where you work with invoices.",
    )


@linked(Order)
class OrderTickets:
    tickets: Connection[Ticket] = edge_page(
        EnterpriseLoaders.tickets_by_order,
        key="id",
        description="The newest first; none unless you may see tickets.",
    )


@linked(Ticket)
class TicketOrder:
    order: Order | None = edge(
        CommerceLoaders.order_by_id, key="order_id", description="What it is about; null where you may not see it."
    )


@linked(Activity)
class ActivityOrder:
    order: Order | None = edge(
        CommerceLoaders.order_by_id, key="order_id", description="What it is about; null where you may not see it."
    )


@linked(Order)
class OrderInvoices:
    invoices: list[Invoice] = edge(
        EnterpriseLoaders.invoices_by_order,
        key="id",
        cost=Cost(size=1),
        description="One that counts at most, and those that were cancelled; the oldest first.",
    )


@linked(Invoice)
class InvoicePostings:
    postings: list[Entry] = edge(
        FinanceLoaders.entries_by_invoice,
        key="id",
        cost=Cost(size=2),
        description="What it and its payment were booked as, the oldest first; none unless you may read the books, and "
        "none of one about an order, whose own postings say all.",
    )


@linked(Invoice)
class InvoiceOf:
    customer: Customer | None = edge(
        CommerceLoaders.customer_by_id,
        key="customer_id",
        description="Null for a supplier's, or where you may not see it.",
    )
    order: Order | None = edge(
        CommerceLoaders.order_by_id, key="order_id", description="Null where it is of none, or you may not see it."
    )


@linked(Product)
class ProductSupply:
    suppliers: Connection[SupplierPrice] = edge_page(
        EnterpriseLoaders.prices_by_product,
        key="id",
        description="What suppliers take for it, the lowest first; none unless you may see supply.",
    )
    open_purchase_orders: Connection[PurchaseOrder] = edge_page(
        EnterpriseLoaders.open_purchases_by_product,
        key="id",
        description="Those of which something may still come, the newest first; none unless you may see supply.",
    )


@linked(SupplierPrice)
class SupplierPriceProduct:
    product: Product | None = edge(CommerceLoaders.product_by_id, key="product_id")


@linked(ReorderPoint)
class ReorderPointPlace:
    product: Product | None = edge(CommerceLoaders.product_by_id, key="product_id")
    warehouse: Warehouse | None = edge(
        CommerceLoaders.warehouse_by_id, key="warehouse_id", description="Null where you may not see warehouses."
    )


@linked(PurchaseOrder)
class PurchaseOrderWarehouse:
    warehouse: Warehouse | None = edge(
        CommerceLoaders.warehouse_by_id,
        key="warehouse_id",
        description="Where it is to come; null where you may not see warehouses.",
    )


@linked(PurchaseLine)
class PurchaseLineProduct:
    product: Product | None = edge(CommerceLoaders.product_by_id, key="product_id")


@linked(GoodsReceiptLine)
class GoodsReceiptLineProduct:
    product: Product | None = edge(CommerceLoaders.product_by_id, key="product_id")


async def _taken(context: Context, product_ids: Sequence[UUID], since: datetime) -> Mapping[Place, int]:
    return await context.of(Commerce).analytics.taken_from_warehouses(product_ids, since)


async def _available(context: Context, product_ids: Sequence[UUID]) -> Mapping[Place, int]:
    levels = await context.of(Commerce).inventory.levels_of(product_ids)
    return {(level.product_id, level.warehouse_id): level.on_hand - level.reserved for level in levels}


async def _exist(context: Context, product_id: UUID | None, warehouse_id: UUID | None) -> None:
    """Raises: NotFound."""
    if product_id and await context.loaders.load(CommerceLoaders.product_by_id, product_id) is None:
        raise NotFound("product")
    if warehouse_id and await context.loaders.load(CommerceLoaders.warehouse_by_id, warehouse_id) is None:
        raise NotFound("warehouse")


@strawberry.type(description="What to order of a product for a warehouse now.", directives=[INHERITED])
class ReorderSuggestion:
    product: Product | None = edge(CommerceLoaders.product_by_id, key="product_id")
    warehouse: Warehouse | None = edge(CommerceLoaders.warehouse_by_id, key="warehouse_id")
    supplier: Supplier | None = edge(EnterpriseLoaders.supplier_by_id, key="supplier_id")
    quantity: int = strawberry.field(description="At least the supplier's minimum.")
    cost: Money = computed(Money.of, "total_minor", "currency", description="Of all of it.")
    sold: int = strawberry.field(description="Pieces that orders of the last `days` days took from there.")
    available: int = strawberry.field(description="Pieces that can be ordered from there now.")
    on_order: int = strawberry.field(description="Pieces that may still come there.")


@strawberry.type
class EnterpriseLinksQuery:
    @access.field(
        scope("supply:read"),
        "What to order now at the reorder points of a supplier, of a warehouse, or at all, of the oldest "
        f"{MOST_POINTS}. What is there and on its way has to last until the next review's order has come, at the "
        f"average of the last `days` days, with {reordering.SAFETY_DAYS} days more for safety: sold / days * "
        "(lead days + review days) + safety - available - on order. Takes scopes analytics:read and inventory:read, "
        "too.",
        Cost(weight=1000, size=100),
    )
    async def reorder_suggestions(
        self,
        info: strawberry.Info,
        supplier_id: strawberry.ID | None = None,
        warehouse_id: strawberry.ID | None = None,
        days: int = 90,
        review_days: int = 14,
    ) -> list[ReorderSuggestion] | None:
        supplier = uuid_of(supplier_id, "Supplier", "supplierId") if supplier_id else None
        warehouse = uuid_of(warehouse_id, "Warehouse", "warehouseId") if warehouse_id else None
        found: Any = await reordering.suggest(info.context, supplier, warehouse, days, review_days, _taken, _available)
        return found


async def _is_customer(context: Context, id: UUID) -> bool:
    """One whom the actor sees, and who was not erased."""
    found = await context.loaders.load(CommerceLoaders.customer_by_id, id)
    return found is not None and found.erased_at is None


async def _customer_of(context: Context, order_id: UUID) -> UUID:
    """Raises: NotFound."""
    found = await context.loaders.load(CommerceLoaders.order_by_id, order_id)
    if found is None:
        raise NotFound("order")
    customer_id: UUID = found.customer_id
    return customer_id


@strawberry.type
class EnterpriseLinksMutation:
    @mutation(
        scope("crm:write"), "Says which customer of the shop a contact is, for good.", InvalidInput, NotFound, KeyReused
    )
    async def link_contact(self, info: strawberry.Info, input: LinkContactInput) -> ContactPayload | None:
        return await payload(
            ContactPayload,
            contact=lambda: contacts.link_contact(info.context, *input.ids(), _is_customer, input.idempotency_key),
        )

    @mutation(scope("crm:write"), "Something to do, for you or another.", InvalidInput, NotFound, KeyReused)
    async def create_activity(self, info: strawberry.Info, input: CreateActivityInput) -> ActivityPayload | None:
        return await payload(
            ActivityPayload,
            activity=lambda: activities.create_activity(
                info.context, input.value(), _customer_of, input.idempotency_key
            ),
        )

    @mutation(scope("tickets:write"), "Opens a ticket.", InvalidInput, NotFound, KeyReused)
    async def open_ticket(self, info: strawberry.Info, input: OpenTicketInput) -> TicketPayload | None:
        return await payload(
            TicketPayload,
            ticket=lambda: tickets.create_ticket(info.context, input.value(), _customer_of, input.idempotency_key),
        )

    @mutation(
        scope("supply:write"),
        "What a supplier takes for a product from now on; orders keep what they were drafted with.",
        InvalidInput,
        NotFound,
        KeyReused,
    )
    async def set_supplier_price(
        self, info: strawberry.Info, input: SetSupplierPriceInput
    ) -> SupplierPricePayload | None:
        return await payload(
            SupplierPricePayload,
            price=lambda: suppliers.set_price(info.context, input.value(), _exist, input.idempotency_key),
        )

    @mutation(
        scope("supply:write"), "When to order a product again for a warehouse.", InvalidInput, NotFound, KeyReused
    )
    async def set_reorder_point(self, info: strawberry.Info, input: SetReorderPointInput) -> ReorderPointPayload | None:
        return await payload(
            ReorderPointPayload,
            reorder_point=lambda: suppliers.set_reorder_point(
                info.context, input.value(), _exist, input.idempotency_key
            ),
        )

    @mutation(
        scope("supply:write"), "Drafts a purchase order, which another approves.", InvalidInput, NotFound, KeyReused
    )
    async def draft_purchase_order(
        self, info: strawberry.Info, input: DraftPurchaseOrderInput
    ) -> PurchaseOrderPayload | None:
        return await payload(
            PurchaseOrderPayload,
            purchase_order=lambda: purchasing.draft_purchase(
                info.context,
                uuid_of(input.supplier_id, "Supplier", "supplierId"),
                uuid_of(input.warehouse_id, "Warehouse", "warehouseId"),
                pieces(input.lines),
                _exist,
                input.idempotency_key,
            ),
        )


async def _billed(context: Context, order_id: UUID) -> invoices.Billed:
    """Raises: NotFound."""
    order = await context.loaders.load(CommerceLoaders.order_by_id, order_id)
    if order is None:
        raise NotFound("order")
    if order.status == OrderStatus.CANCELLED:
        raise InvalidInput("orderId", "This order was cancelled; there is nothing to invoice.")
    tax_bps = tax_rate_bps(order.country)
    lines = [
        Line(one.name, one.quantity, Money.of(one.unit_price_minor, order.currency), tax_bps, one.product_id)
        for one in await context.loaders.load(CommerceLoaders.lines_by_order, order_id)
    ]
    return invoices.Billed(order.customer_id, lines, order.total_minor)


@strawberry.type
class InvoiceLinksMutation:
    @mutation(scope("invoices:write"), "Drafts an invoice to a customer.", InvalidInput, NotFound, KeyReused)
    async def draft_invoice(self, info: strawberry.Info, input: DraftInvoiceInput) -> InvoicePayload | None:
        return await payload(
            InvoicePayload,
            invoice=lambda: invoices.draft_invoice(
                info.context, input.customer(), input.due_on, lines_of(input.lines), _is_customer, input.idempotency_key
            ),
        )

    @mutation(
        scope("invoices:write"),
        "Drafts the invoice about an order: its lines, compared with what the order came to. There is one that counts.",
        InvalidInput,
        NotFound,
        InvoicedAlready,
        OrderDiffers,
        KeyReused,
    )
    async def invoice_order(self, info: strawberry.Info, input: InvoiceOrderInput) -> InvoicePayload | None:
        return await payload(
            InvoicePayload,
            invoice=lambda: invoices.invoice_order(
                info.context, input.order(), input.due_on, _billed, input.idempotency_key
            ),
        )


async def fill_enterprise(sources: Mapping[type, Any], **options: Any) -> bool:
    """What the company has to do with what the shop sold; each area asks for what it needs of it."""
    there = await buyers(sources[Commerce], [f"{name}@example.com" for name in ("ada", "bo")], MOST_CONTACTS)
    filled = await fill_crm(sources[Enterprise], there, **options)
    since = sources[Commerce].clock() - timedelta(days=SOLD_DAYS)
    sold = await best_sold(sources[Commerce], since, MOST_PLACES)
    filled = await fill_supply(sources[Enterprise], sold, **options) or filled
    return await fill_invoices(sources[Enterprise], await shipped(sources[Commerce], INVOICED), **options) or filled


LINKS = (
    Links(between=("commerce", "social"), query=LinksQuery, mutation=LinksMutation, fill=fill),
    Links(between=("commerce", "finance"), query=FinanceLinksQuery, fill=fill_accounts),
    Links(
        between=("commerce", "enterprise"),
        query=EnterpriseLinksQuery,
        mutation=merge_types("EnterpriseLinks", (EnterpriseLinksMutation, InvoiceLinksMutation)),
        fill=fill_enterprise,
    ),
)
