"""Enterprise, as it is joined to the house."""

from strawberry.tools import merge_types

from datasources.enterprise.events import EventType
from datasources.enterprise.people import person_by_email
from datasources.enterprise.sample.fill import fill_own
from datasources.enterprise.settings import EnterpriseSettings
from datasources.enterprise.sources import open_enterprise
from datasources.enterprise.stores import Enterprise
from resolvers.background import Background
from resolvers.consumers import Consumer
from resolvers.enterprise.crm.privacy import ERASURES, export, forget_customer, reseal
from resolvers.enterprise.invoices import tell_overdue
from resolvers.enterprise.processes.beginning import consumers
from resolvers.enterprise.processes.runner import run_workflows
from resolvers.enterprise.staff import sign_out
from resolvers.sweeping import sweeping
from schema.domain import Domain, Sample
from schema.enterprise.approvals import ApprovalsMutation, ApprovalsQuery
from schema.enterprise.crm.activities import ActivitiesMutation, ActivitiesQuery
from schema.enterprise.crm.contacts import ContactsMutation, ContactsQuery
from schema.enterprise.crm.pipeline import PipelineMutation, PipelineQuery
from schema.enterprise.crm.tickets import TicketsMutation, TicketsQuery
from schema.enterprise.events import EnterpriseEvent, EnterpriseSubscription
from schema.enterprise.invoices import InvoicesMutation, InvoicesQuery
from schema.enterprise.processes import ProcessesMutation, ProcessesQuery
from schema.enterprise.staff import StaffMutation, StaffQuery
from schema.enterprise.supply.purchases import PurchasesMutation, PurchasesQuery
from schema.enterprise.supply.suppliers import SuppliersMutation, SuppliersQuery

RUN_EVERY_S = 1.0
OVERDUE_EVERY_S = 60.0

AREAS = (
    (StaffQuery, StaffMutation),
    (ContactsQuery, ContactsMutation),
    (PipelineQuery, PipelineMutation),
    (ActivitiesQuery, ActivitiesMutation),
    (TicketsQuery, TicketsMutation),
    (ProcessesQuery, ProcessesMutation),
    (ApprovalsQuery, ApprovalsMutation),
    (InvoicesQuery, InvoicesMutation),
    (SuppliersQuery, SuppliersMutation),
    (PurchasesQuery, PurchasesMutation),
)
ENTERPRISE = Domain(
    name="enterprise",
    settings=EnterpriseSettings,
    open=open_enterprise,
    stores=Enterprise,
    query=merge_types("EnterpriseQuery", tuple(query for query, _ in AREAS)),
    mutation=merge_types("EnterpriseMutation", tuple(mutation for _, mutation in AREAS)),
    subscription=EnterpriseSubscription,
    types=tuple(EnterpriseEvent.__subclasses__()),
    background=(
        Background("running workflows", RUN_EVERY_S, run_workflows),
        sweeping("forgetting old keys and events of enterprise", Enterprise),
        Background("telling of overdue invoices", OVERDUE_EVERY_S, tell_overdue),
    ),
    sample=Sample(
        fill=fill_own,
        people=(
            "sales@example.com",
            "rep@example.com",
            "agent@example.com",
            "buyer@example.com",
            "controller@example.com",
            "manager@example.com",
            "director@example.com",
        ),
        query="{ departments { name head { name } below { name head { name } } } }",
    ),
    person=person_by_email,
    consumers=(
        Consumer("erasures", "commerce", ERASURES, forget_customer),
        Consumer("signing out who leaves", "enterprise", frozenset({EventType.EMPLOYEE_CHANGED}), sign_out),
        *consumers(),
    ),
    reseal=reseal,
    dossier=export,
)
