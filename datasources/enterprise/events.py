"""What happens in enterprise, and is written into its log."""

from enum import StrEnum


class EventType(StrEnum):
    """The word before the dot says what the subject is; the owner is the employee whose it is, where it is somebody's,
    or the customer of an invoice.

    Of a purchase `data` has `number`, `supplier`, `amount_minor` and `currency`; of a reorder point `product` and
    `warehouse`. Of `goods.received` the subject is the receipt; `data` has `purchase`, `warehouse`, and `lines` of
    `product` and `quantity`. Of an invoice `data` has `direction` (receivable, payable), `number` (empty before we gave
    it one), `currency`, `amount_minor` with tax, `tax_minor`, and `order` where it is of one.
    """

    EMPLOYEE_HIRED = "employee.hired"
    EMPLOYEE_CHANGED = "employee.changed"
    DEPARTMENT_CREATED = "department.created"
    DEPARTMENT_CHANGED = "department.changed"
    COMPANY_CREATED = "company.created"
    COMPANY_CHANGED = "company.changed"
    CONTACT_CREATED = "contact.created"
    CONTACT_CHANGED = "contact.changed"
    OPPORTUNITY_CREATED = "opportunity.created"
    OPPORTUNITY_CHANGED = "opportunity.changed"
    ACTIVITY_CREATED = "activity.created"
    ACTIVITY_CHANGED = "activity.changed"
    TICKET_OPENED = "ticket.opened"
    TICKET_CHANGED = "ticket.changed"
    SUPPLIER_CREATED = "supplier.created"
    SUPPLIER_CHANGED = "supplier.changed"
    PURCHASE_DRAFTED = "purchase.drafted"
    PURCHASE_APPROVED = "purchase.approved"
    PURCHASE_SENT = "purchase.sent"
    PURCHASE_RECEIVED = "purchase.received"
    PURCHASE_CANCELLED = "purchase.cancelled"
    GOODS_RECEIVED = "goods.received"
    REORDER_CHANGED = "reorder.changed"
    INVOICE_DRAFTED = "invoice.drafted"
    INVOICE_CHANGED = "invoice.changed"
    INVOICE_ISSUED = "invoice.issued"
    INVOICE_PAID = "invoice.paid"
    INVOICE_CANCELLED = "invoice.cancelled"
    INVOICE_OVERDUE = "invoice.overdue"
    WORKFLOW_CHANGED = "workflow.changed"
    RUN_STARTED = "run.started"
    RUN_CHANGED = "run.changed"
    RUN_ENDED = "run.ended"
    APPROVAL_ASKED = "approval.asked"
    APPROVAL_DECIDED = "approval.decided"
