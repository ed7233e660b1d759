"""Invoices of suppliers, and to customers."""

from datetime import date, datetime
from functools import partial
from typing import Any

import strawberry

from datasources.enterprise.errors import FourEyes, InvoicedAlready, InvoiceStatusRefused, NeedsApproval, OverLimit
from datasources.enterprise.invoices import Direction, InvoiceStatus
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise import invoices
from resolvers.enterprise.invoice_rules import Difference, Line, differences
from schema import access
from schema.access import INHERITED, SIGNED_IN, policy, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enterprise.ids import CustomerId, InvoiceId, OrderId, ProductId, PurchaseOrderId, SupplierId
from schema.enterprise.staff import Change, Employee, changes
from schema.enterprise.supply.purchases import PurchaseOrder
from schema.enterprise.supply.suppliers import Supplier
from schema.enums import told
from schema.fields import computed, edge, root_page
from schema.inputs import keyed, wanted
from schema.money import Money, MoneyInput
from schema.mutations import mutates, outcome
from schema.node import Node, by_id, edge_to, optional_uuid

INVOICES = policy("scope invoices:read or invoices:write; its customer, once it is issued")

told(
    Direction,
    "Who is to pay.",
    name="InvoiceDirection",
    RECEIVABLE="A customer: we wrote it.",
    PAYABLE="We: a supplier wrote it.",
)
told(
    Difference,
    "What is not as it was ordered.",
    name="InvoiceDifference",
    NOT_ORDERED="The purchase order has no such product in this currency.",
    NOT_RECEIVED="More is invoiced than came by now.",
    PRICE="It is dearer than agreed on, by more than a percent.",
)
told(InvoiceStatus, "How far an invoice is.", DRAFT="It does not count yet.", CANCELLED="It never counts any more.")


def _day(day: str | None) -> date | None:
    return None if day is None else date.fromisoformat(day)


@strawberry.type(description="What is invoiced.", directives=[INHERITED])
class InvoiceLine:
    text: str
    quantity: int
    unit_price: Money = computed(Money.of, "unit_minor", "currency", description="Of one, without tax.")
    tax_bps: int = strawberry.field(description="In hundredths of a percent: 1900 is 19 %.")
    tax: Money = computed(Money.of, "tax_minor", "currency", description="Of all, rounded half to even.")


@strawberry.type(description="A line of a supplier's invoice, beside its purchase order.", directives=[INHERITED])
class ComparedLine:
    text: str
    invoiced: int = strawberry.field(description="How many pieces of the product, with those of invoices before.")
    ordered: int | None = strawberry.field(description="Null where the order has none of it.")
    received: int | None = strawberry.field(description="How many of them came by now.")
    unit_price: Money = computed(Money.of, "unit_minor", "currency", description="As invoiced.")
    agreed_price: Money | None = computed(
        lambda minor, currency: None if minor is None else Money.of(minor, currency),
        "agreed_minor",
        "currency",
        description="As ordered.",
    )
    differences: list[Difference] = computed(
        differences,
        "ordered",
        "received",
        "invoiced",
        "agreed_minor",
        "unit_minor",
        cost=Cost(size=1),
        description="None where all is well.",
    )


@strawberry.type(description="What somebody is to pay.", directives=[INVOICES])
class Invoice(Node, batch=EnterpriseLoaders.invoice_by_id):
    direction: Direction = computed(Direction, "direction")
    status: InvoiceStatus = computed(InvoiceStatus, "status")
    number: str | None = strawberry.field(description="The supplier's; or ours, without gaps, null before.")
    tax: Money = computed(Money.of, "tax_minor", "currency", description="The sum of that of its lines.")
    total: Money = computed(Money.of, "gross_minor", "currency", description="What is to be paid, with tax.")
    lines: list[InvoiceLine] = edge(EnterpriseLoaders.lines_by_invoice, key="id", cost=Cost(size=5))
    issued_on: date | None = computed(_day, "issued_on", description="Its day; null for a draft of ours.")
    due_on: date = computed(date.fromisoformat, "due_on")
    paid_on: date | None = computed(_day, "paid_on", description="Null unless it is paid.")
    overdue: bool = computed(bool, "overdue", description="It is issued, and was due before today, in UTC.")
    supplier: Supplier | None = edge_to(Supplier, "supplier_id", "Null for one of ours, and for customers.")
    purchase_order: PurchaseOrder | None = edge_to(PurchaseOrder, "purchase_id", "Null where it is of none.")
    compared: list[ComparedLine] = edge(
        EnterpriseLoaders.compared_by_invoice,
        key="id",
        cost=Cost(size=5),
        description="What was ordered, what came, and what is to be paid; none where it is of no purchase order.",
    )
    created_at: datetime
    approved_by: Employee | None = edge_to(
        Employee, "approved_by", "Who let us pay it; null where nobody did, or you may not see the staff."
    )
    changes: Connection[Change] = changes()


@strawberry.type(description="What is issued and not paid, of one age and currency.", directives=[INHERITED])
class AgedInvoices:
    late_days: int = strawberry.field(
        description="Since when they are due: 0 for not late; 1, 31, 61 and 91 for that many days or more."
    )
    invoices: int = strawberry.field(description="How many.")
    total: Money = computed(Money.of, "gross_minor", "currency")


@strawberry.type
class InvoicesQuery:
    invoice: Invoice | None = by_id(Invoice, SIGNED_IN, "The invoice with this id; null where you may not see it.")
    invoices: Connection[Invoice] | None = root_page(
        EnterpriseLoaders.invoices,
        SIGNED_IN,
        "The invoices that you may see: all of them for the staff who work with them, those to you for customers; "
        "all that are `overdue`, or are not, or both; the newest first.",
        arguments=wanted(direction=Direction, status=InvoiceStatus, overdue=bool),
    )

    @access.field(
        scope("invoices:read"),
        "What is still to be paid, by customers or by us, by currency and by how late it is.",
        Cost(weight=200, size=10),
    )
    async def aged_invoices(self, info: strawberry.Info, direction: Direction) -> list[AgedInvoices] | None:
        found: Any = await invoices.aged(info.context, direction)
        return found


@strawberry.input(description="What is invoiced; all lines are in one currency.")
class InvoiceLineInput:
    text: str
    quantity: int
    unit_price: MoneyInput = strawberry.field(description="Of one, without tax; less than nothing for a discount.")
    tax_bps: int = strawberry.field(description="In hundredths of a percent: 1900 is 19 %.")
    product_id: ProductId | None = strawberry.field(
        default=None, description="Which product, where that is to be compared with a purchase order."
    )

    def value(self, _: str) -> Line:
        """Raises: InvalidInput."""
        product_id = optional_uuid(self.product_id, "Product", "lines")
        return Line(self.text, self.quantity, self.unit_price.value("lines"), self.tax_bps, product_id)


@keyed("An invoice to a customer, about what is no order.")
class DraftInvoiceInput:
    customer_id: CustomerId
    due_on: date
    lines: list[InvoiceLineInput]


@keyed("An invoice about an order, to its customer.")
class InvoiceOrderInput:
    order_id: OrderId
    due_on: date


@keyed("An invoice of a supplier, as it stands there.")
class EnterInvoiceInput:
    supplier_id: SupplierId
    purchase_order_id: PurchaseOrderId | None = strawberry.field(
        default=None, description="If all agrees with it, nobody has to approve this."
    )
    number: str = strawberry.field(description="The supplier's own.")
    issued_on: date
    due_on: date
    lines: list[InvoiceLineInput]


@keyed("What changes of a draft; what is left out, or null, stays.")
class ChangeInvoiceInput:
    invoice_id: InvoiceId
    due_on: date | None = None
    lines: list[InvoiceLineInput] | None = strawberry.field(default=None, description="Instead of those that it has.")


@keyed("Which invoice is meant.")
class InvoiceInput:
    invoice_id: InvoiceId


@keyed("Which invoice was paid.")
class PayInvoiceInput:
    invoice_id: InvoiceId
    paid_on: date | None = strawberry.field(default=None, description="Left out: today.")


InvoicePayload = outcome("InvoicePayload", invoice=Invoice)
_mutates = partial(mutates, gives=InvoicePayload, access=scope("invoices:write"))


@strawberry.type
class InvoicesMutation:
    enter_invoice = _mutates(
        invoices.enter_invoice, EnterInvoiceInput, "Enters an invoice of a supplier, as a draft.", InvoicedAlready
    )
    change_invoice = _mutates(invoices.change_invoice, ChangeInvoiceInput, "Changes a draft.", InvoiceStatusRefused)
    approve_invoice = _mutates(
        invoices.approve_invoice,
        InvoiceInput,
        "Lets an invoice of a supplier be issued and paid: up to what you may approve, and none that you entered.",
        InvoiceStatusRefused,
        FourEyes,
        OverLimit,
        access=scope("approvals:decide"),
    )
    issue_invoice = _mutates(
        invoices.issue_invoice,
        InvoiceInput,
        "Makes a draft count. One to a customer gets the next number of the year; one of a supplier has to be approved "
        "before.",
        InvoiceStatusRefused,
        NeedsApproval,
    )
    pay_invoice = _mutates(
        invoices.pay_invoice,
        PayInvoiceInput,
        "An issued invoice was paid, as a whole. One of a supplier for more than you may approve, somebody else has to "
        "approve before.",
        InvoiceStatusRefused,
        NeedsApproval,
    )
    cancel_invoice = _mutates(
        invoices.cancel_invoice,
        InvoiceInput,
        "Cancels a draft, or an invoice that was issued and not paid; its number is not given again.",
        InvoiceStatusRefused,
    )
