"""Enterprise as one actor sees it: every store of the domain, with the actor's row policies in each read."""

from functools import cached_property
from typing import Any

from datasources.actor import Actor
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
from datasources.events import EventLog
from datasources.idempotency import Once
from datasources.store import store


class Enterprise:
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

    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self.sources = sources
        self.actor = actor

    @cached_property
    def events(self) -> EventLog:
        return self.sources.events(self.actor)

    def once(self, key: str, operation: str, request: Any) -> Once:
        """A keyed request of this actor: `await enterprise.once(key, "hire", input).do(database, effect)`."""
        return Once(IDEMPOTENCY, self.actor, self.sources.clock, key, operation, request)
