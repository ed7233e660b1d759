"""Ids in inputs, by what they name."""

from typing import Annotated

from strawberry import ID

from schema.inputs import IdOf

ActivityId = Annotated[ID, IdOf("Activity")]
ApprovalId = Annotated[ID, IdOf("Approval")]
CompanyId = Annotated[ID, IdOf("Company")]
ContactId = Annotated[ID, IdOf("Contact")]
CustomerId = Annotated[ID, IdOf("Customer")]
DepartmentId = Annotated[ID, IdOf("Department")]
EmployeeId = Annotated[ID, IdOf("Employee")]
InvoiceId = Annotated[ID, IdOf("Invoice")]
OpportunityId = Annotated[ID, IdOf("Opportunity")]
OrderId = Annotated[ID, IdOf("Order")]
ProductId = Annotated[ID, IdOf("Product")]
PurchaseOrderId = Annotated[ID, IdOf("PurchaseOrder")]
SupplierId = Annotated[ID, IdOf("Supplier")]
TicketId = Annotated[ID, IdOf("Ticket")]
WarehouseId = Annotated[ID, IdOf("Warehouse")]
WorkflowId = Annotated[ID, IdOf("Workflow")]
WorkflowRunId = Annotated[ID, IdOf("WorkflowRun")]
