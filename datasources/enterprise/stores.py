"""Enterprise as one actor sees it."""

from datasources.enterprise.changes import Changes
from datasources.enterprise.crm.activities import Activities
from datasources.enterprise.crm.contacts import Companies, Contacts
from datasources.enterprise.crm.pipeline import Pipeline
from datasources.enterprise.crm.tickets import Tickets
from datasources.enterprise.invoices import Invoices
from datasources.enterprise.processes import Approvals, Runs, Workflows
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.staff import Staff
from datasources.enterprise.supply.purchases import Purchases
from datasources.enterprise.supply.suppliers import Suppliers
from datasources.enterprise.tables import IDEMPOTENCY
from datasources.store import DomainStores, store


class Enterprise(DomainStores[EnterpriseSources]):
    keys = IDEMPOTENCY

    staff = store(Staff)
    changes = store(Changes)
    companies = store(Companies)
    contacts = store(Contacts)
    pipeline = store(Pipeline)
    activities = store(Activities)
    tickets = store(Tickets)
    workflows = store(Workflows)
    runs = store(Runs)
    approvals = store(Approvals)
    invoices = store(Invoices)
    suppliers = store(Suppliers)
    purchases = store(Purchases)
