"""Orders and customers of the shop, invoiced."""

from functools import partial
from uuid import UUID

import strawberry

from datasources.commerce.orders import OrderStatus
from datasources.enterprise.errors import InvoicedAlready, OrderDiffers
from datasources.errors import InvalidInput, NotFound
from loaders.commerce import CommerceLoaders
from loaders.enterprise import EnterpriseLoaders
from resolvers.commerce.pricing import tax_rate_bps
from resolvers.context import Context
from resolvers.enterprise import invoices
from resolvers.enterprise.invoice_rules import Line
from schema.access import scope
from schema.commerce.customers import Customer
from schema.commerce.orders import Order
from schema.connection import Connection
from schema.cost import Cost
from schema.enterprise.invoices import DraftInvoiceInput, Invoice, InvoiceOrderInput, InvoicePayload
from schema.fields import edge, edge_page
from schema.links.commerce_enterprise.crm import is_customer
from schema.links.linked import linked
from schema.money import Money
from schema.mutations import mutates
from schema.node import edge_to


@linked(Customer)
class CustomerInvoices:
    invoices: Connection[Invoice] = edge_page(
        EnterpriseLoaders.invoices_by_customer,
        key="id",
        description="The newest first: those issued to you, or all where you work with invoices.",
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
class InvoiceOf:
    customer: Customer | None = edge_to(Customer, "customer_id", "Null for a supplier's, or where you may not see it.")
    order: Order | None = edge_to(Order, "order_id", "Null where it is of none, or you may not see it.")


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


_mutates = partial(mutates, gives=InvoicePayload, access=scope("invoices:write"))


@strawberry.type
class InvoiceLinksMutation:
    draft_invoice = _mutates(
        partial(invoices.draft_invoice, is_customer=is_customer), DraftInvoiceInput, "Drafts an invoice to a customer."
    )
    invoice_order = _mutates(
        partial(invoices.invoice_order, billed=_billed),
        InvoiceOrderInput,
        "Drafts the invoice about an order: its lines, compared with what the order came to. There is one that counts.",
        InvoicedAlready,
        OrderDiffers,
    )
