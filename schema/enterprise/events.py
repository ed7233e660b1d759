"""What happens in enterprise, as those hear of it who subscribe."""

from collections.abc import Callable
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
from schema.feeds import GO_ON, OfSubjects, event, everything, feed
from schema.fields import computed
from schema.node import edge_to, uuid_of

told(EventType, "What happened.", name="EnterpriseEventType")
_NOW = "As it is now."
_SEEN = "As it is now; null where you may not see it."


@strawberry.interface(description="Something that happened in enterprise.")
class EnterpriseEvent(OfSubjects):
    cursor: Cursor = strawberry.field(description=GO_ON)
    type: EventType = computed(EventType, "type")
    at: datetime


@event("Somebody was hired, or changed.")
class EmployeeEvent(EnterpriseEvent):
    subjects = ("employee",)
    employee: Employee | None = edge_to(Employee, "subject", _NOW)


@event("Something became of a department.")
class DepartmentEvent(EnterpriseEvent):
    subjects = ("department",)
    department: Department | None = edge_to(Department, "subject", _NOW)


@event("Something became of a company.")
class CompanyEvent(EnterpriseEvent):
    subjects = ("company",)
    company: Company | None = edge_to(Company, "subject", _NOW)


@event("Something became of a contact.")
class ContactEvent(EnterpriseEvent):
    subjects = ("contact",)
    contact: Contact | None = edge_to(Contact, "subject", _NOW)


@event("Something became of an opportunity.")
class OpportunityEvent(EnterpriseEvent):
    subjects = ("opportunity",)
    opportunity: Opportunity | None = edge_to(Opportunity, "subject", _SEEN)


@event("Something became of an activity.")
class ActivityEvent(EnterpriseEvent):
    subjects = ("activity",)
    activity: Activity | None = edge_to(Activity, "subject", _SEEN)


@event("Something became of a ticket.")
class TicketEvent(EnterpriseEvent):
    subjects = ("ticket",)
    ticket: Ticket | None = edge_to(Ticket, "subject", _SEEN)


@event("Something became of a supplier, or of its prices.")
class SupplierEvent(EnterpriseEvent):
    subjects = ("supplier",)
    supplier: Supplier | None = edge_to(Supplier, "subject", _SEEN)


@event("Something became of a purchase order.")
class PurchaseEvent(EnterpriseEvent):
    subjects = ("purchase",)
    purchase_order: PurchaseOrder | None = edge_to(PurchaseOrder, "subject", _SEEN)


@event("Goods came.")
class GoodsEvent(EnterpriseEvent):
    subjects = ("goods",)
    receipt: GoodsReceipt | None = edge_to(GoodsReceipt, "subject", "Null where you may not see it.")


@event("When to order something again was changed.")
class ReorderEvent(EnterpriseEvent):
    subjects = ("reorder",)
    reorder_point: ReorderPoint | None = edge_to(ReorderPoint, "subject", _SEEN)


@event("A workflow was saved, or switched on or off.")
class WorkflowEvent(EnterpriseEvent):
    subjects = ("workflow",)
    workflow: Workflow | None = edge_to(Workflow, "subject", "As it is now; null unless you may read them.")


@event("A run began, came to its next step, or ended.")
class WorkflowRunEvent(EnterpriseEvent):
    subjects = ("run",)
    run: WorkflowRun | None = edge_to(WorkflowRun, "subject", "As it is now; null unless you may read runs.")


@event("Something is to be approved, or was decided.")
class ApprovalEvent(EnterpriseEvent):
    subjects = ("approval",)
    approval: Approval | None = edge_to(Approval, "subject", _SEEN)


def _of(subject: str, type_name: str) -> Callable[..., Topic]:
    def topic(_: Actor, id: strawberry.ID | None = None) -> Topic:
        """Of one of them, or of all. Raises: InvalidInput."""
        return Topic(types_of(EventType, subject), None if id is None else frozenset((uuid_of(id, type_name),)))

    return topic


def _approvals(_: Actor) -> Topic:
    return Topic(types_of(EventType, "approval"))


@event("Something became of an invoice.")
class InvoiceEvent(EnterpriseEvent):
    subjects = ("invoice",)
    invoice: Invoice | None = edge_to(Invoice, "subject", _SEEN)


@strawberry.type
class EnterpriseSubscription:
    opportunity_changed: OpportunityEvent = feed(
        Enterprise,
        scope("pipeline:read"),
        "What becomes of an opportunity, or of all that you may see.",
        topic=_of("opportunity", "Opportunity"),
        seen=EnterpriseLoaders.opportunity_by_id,
    )
    ticket_changed: TicketEvent = feed(
        Enterprise, scope("tickets:read"), "What becomes of a ticket, or of all.", topic=_of("ticket", "Ticket")
    )
    workflow_run_changed: WorkflowRunEvent = feed(
        Enterprise, scope("runs:read"), "What becomes of a run, or of all.", topic=_of("run", "WorkflowRun")
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
        topic=_of("invoice", "Invoice"),
        seen=EnterpriseLoaders.invoice_by_id,
    )
    purchase_order_changed: PurchaseEvent = feed(
        Enterprise,
        scope("supply:read"),
        "What becomes of a purchase order, or of all.",
        topic=_of("purchase", "PurchaseOrder"),
    )
    enterprise_events: EnterpriseEvent = everything(Enterprise, EventType)
