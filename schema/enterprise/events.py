"""What happens in enterprise, as those hear of it who subscribe."""

from datetime import datetime

import strawberry

from datasources.actor import Actor
from datasources.enterprise.events import EventType
from datasources.enterprise.stores import Enterprise
from datasources.events import Cursor, Topic, types_of
from loaders.enterprise import EnterpriseLoaders
from schema.access import SIGNED_IN, scope
from schema.enterprise.approvals import Approval
from schema.enterprise.crm.activities import Activity
from schema.enterprise.crm.contacts import Company, Contact
from schema.enterprise.crm.pipeline import Opportunity
from schema.enterprise.crm.tickets import Ticket
from schema.enterprise.invoices import Invoice
from schema.enterprise.processes import Workflow, WorkflowRun
from schema.enterprise.staff import Department, Employee
from schema.enterprise.supply.purchases import GoodsReceipt, PurchaseOrder
from schema.enterprise.supply.suppliers import ReorderPoint, Supplier
from schema.enums import told
from schema.feeds import GO_ON, HEARD, OfSubjects, feed
from schema.fields import computed, edge
from schema.node import uuid_of

told(EventType, "What happened.", name="EnterpriseEventType")


@strawberry.interface(description="Something that happened in enterprise.")
class EnterpriseEvent(OfSubjects):
    cursor: Cursor = strawberry.field(description=GO_ON)
    type: EventType = computed(EventType, "type")
    at: datetime


@strawberry.type(description="Somebody was hired, or changed.", directives=[HEARD])
class EmployeeEvent(EnterpriseEvent):
    subjects = ("employee",)

    employee: Employee | None = edge(EnterpriseLoaders.employee_by_id, key="subject", description="As it is now.")


@strawberry.type(description="Something became of a department.", directives=[HEARD])
class DepartmentEvent(EnterpriseEvent):
    subjects = ("department",)

    department: Department | None = edge(EnterpriseLoaders.department_by_id, key="subject", description="As it is now.")


@strawberry.type(description="Something became of a company.", directives=[HEARD])
class CompanyEvent(EnterpriseEvent):
    subjects = ("company",)

    company: Company | None = edge(EnterpriseLoaders.company_by_id, key="subject", description="As it is now.")


@strawberry.type(description="Something became of a contact.", directives=[HEARD])
class ContactEvent(EnterpriseEvent):
    subjects = ("contact",)

    contact: Contact | None = edge(EnterpriseLoaders.contact_by_id, key="subject", description="As it is now.")


@strawberry.type(description="Something became of an opportunity.", directives=[HEARD])
class OpportunityEvent(EnterpriseEvent):
    subjects = ("opportunity",)

    opportunity: Opportunity | None = edge(
        EnterpriseLoaders.opportunity_by_id, key="subject", description="As it is now; null where you may not see it."
    )


@strawberry.type(description="Something became of an activity.", directives=[HEARD])
class ActivityEvent(EnterpriseEvent):
    subjects = ("activity",)

    activity: Activity | None = edge(
        EnterpriseLoaders.activity_by_id, key="subject", description="As it is now; null where you may not see it."
    )


@strawberry.type(description="Something became of a ticket.", directives=[HEARD])
class TicketEvent(EnterpriseEvent):
    subjects = ("ticket",)

    ticket: Ticket | None = edge(
        EnterpriseLoaders.ticket_by_id, key="subject", description="As it is now; null where you may not see it."
    )


@strawberry.type(description="Something became of a supplier, or of its prices.", directives=[HEARD])
class SupplierEvent(EnterpriseEvent):
    subjects = ("supplier",)

    supplier: Supplier | None = edge(
        EnterpriseLoaders.supplier_by_id, key="subject", description="As it is now; null where you may not see it."
    )


@strawberry.type(description="Something became of a purchase order.", directives=[HEARD])
class PurchaseEvent(EnterpriseEvent):
    subjects = ("purchase",)

    purchase_order: PurchaseOrder | None = edge(
        EnterpriseLoaders.purchase_by_id, key="subject", description="As it is now; null where you may not see it."
    )


@strawberry.type(description="Goods came.", directives=[HEARD])
class GoodsEvent(EnterpriseEvent):
    subjects = ("goods",)

    receipt: GoodsReceipt | None = edge(
        EnterpriseLoaders.receipt_by_id, key="subject", description="Null where you may not see it."
    )


@strawberry.type(description="When to order something again was changed.", directives=[HEARD])
class ReorderEvent(EnterpriseEvent):
    subjects = ("reorder",)

    reorder_point: ReorderPoint | None = edge(
        EnterpriseLoaders.reorder_point_by_id, key="subject", description="As it is now; null where you may not see it."
    )


def _opportunities(_: Actor, id: strawberry.ID | None = None) -> Topic:
    """Raises: InvalidInput."""
    of = None if id is None else frozenset((uuid_of(id, "Opportunity"),))
    return Topic(types_of(EventType, "opportunity"), of)


def _tickets(_: Actor, id: strawberry.ID | None = None) -> Topic:
    """Raises: InvalidInput."""
    of = None if id is None else frozenset((uuid_of(id, "Ticket"),))
    return Topic(types_of(EventType, "ticket"), of)


@strawberry.type(description="A workflow was saved, or switched on or off.", directives=[HEARD])
class WorkflowEvent(EnterpriseEvent):
    subjects = ("workflow",)

    workflow: Workflow | None = edge(
        EnterpriseLoaders.workflow_by_id, key="subject", description="As it is now; null unless you may read them."
    )


@strawberry.type(description="A run began, came to its next step, or ended.", directives=[HEARD])
class WorkflowRunEvent(EnterpriseEvent):
    subjects = ("run",)

    run: WorkflowRun | None = edge(
        EnterpriseLoaders.run_by_id, key="subject", description="As it is now; null unless you may read runs."
    )


@strawberry.type(description="Something is to be approved, or was decided.", directives=[HEARD])
class ApprovalEvent(EnterpriseEvent):
    subjects = ("approval",)

    approval: Approval | None = edge(
        EnterpriseLoaders.approval_by_id, key="subject", description="As it is now; null where you may not see it."
    )


def _runs(_: Actor, id: strawberry.ID | None = None) -> Topic:
    """Raises: InvalidInput."""
    return Topic(types_of(EventType, "run"), None if id is None else frozenset((uuid_of(id, "WorkflowRun"),)))


def _approvals(_: Actor) -> Topic:
    return Topic(types_of(EventType, "approval"))


@strawberry.type(description="Something became of an invoice.", directives=[HEARD])
class InvoiceEvent(EnterpriseEvent):
    subjects = ("invoice",)

    invoice: Invoice | None = edge(
        EnterpriseLoaders.invoice_by_id, key="subject", description="As it is now; null where you may not see it."
    )


def _invoices(_: Actor, id: strawberry.ID | None = None) -> Topic:
    """Raises: InvalidInput."""
    of = None if id is None else frozenset((uuid_of(id, "Invoice"),))
    return Topic(types_of(EventType, "invoice"), of)


def _purchases(_: Actor, id: strawberry.ID | None = None) -> Topic:
    """Raises: InvalidInput."""
    of = None if id is None else frozenset((uuid_of(id, "PurchaseOrder"),))
    return Topic(types_of(EventType, "purchase"), of)


def _all(_: Actor, types: list[EventType] | None = None) -> Topic:
    return Topic(frozenset(EventType if types is None else types))


@strawberry.type
class EnterpriseSubscription:
    opportunity_changed: OpportunityEvent = feed(
        Enterprise,
        scope("pipeline:read"),
        "What becomes of an opportunity, or of all that you may see.",
        topic=_opportunities,
        seen=EnterpriseLoaders.opportunity_by_id,
    )
    ticket_changed: TicketEvent = feed(
        Enterprise, scope("tickets:read"), "What becomes of a ticket, or of all.", topic=_tickets
    )
    workflow_run_changed: WorkflowRunEvent = feed(
        Enterprise, scope("runs:read"), "What becomes of a run, or of all.", topic=_runs
    )
    approval_changed: ApprovalEvent = feed(
        Enterprise,
        scope("approvals:read"),
        "What is to be approved, and what was decided, of what you may see.",
        topic=_approvals,
        seen=EnterpriseLoaders.approval_by_id,
    )
    invoice_changed: InvoiceEvent = feed(
        Enterprise,
        SIGNED_IN,
        "What becomes of an invoice, or of all that you may see.",
        topic=_invoices,
        seen=EnterpriseLoaders.invoice_by_id,
    )
    purchase_order_changed: PurchaseEvent = feed(
        Enterprise, scope("supply:read"), "What becomes of a purchase order, or of all.", topic=_purchases
    )
    enterprise_events: EnterpriseEvent = feed(
        Enterprise, scope("events:read"), "Everything that happens in enterprise, or some types of it.", topic=_all
    )
