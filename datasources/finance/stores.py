"""Finance as one actor sees it: every store of the domain, with the actor's row policies in each read."""

from functools import cached_property
from typing import Any

from datasources.actor import Actor
from datasources.events import EventLog
from datasources.finance.audit import Audit
from datasources.finance.books import Books
from datasources.finance.compliance import Compliance
from datasources.finance.ledger import Ledger
from datasources.finance.rates import RateHistory
from datasources.finance.screening import Screening
from datasources.finance.sources import FinanceSources
from datasources.finance.tables import IDEMPOTENCY
from datasources.finance.transfers import Transfers
from datasources.idempotency import Once
from datasources.store import store


class Finance:
    books = store(Books)
    ledger = store(Ledger)
    transfers = store(Transfers)
    compliance = store(Compliance)
    screening = store(Screening)
    rates = store(RateHistory)
    audit = store(Audit)

    def __init__(self, sources: FinanceSources, actor: Actor) -> None:
        self.sources = sources
        self.actor = actor

    @cached_property
    def events(self) -> EventLog:
        return self.sources.events(self.actor)

    def once(self, key: str, operation: str, request: Any) -> Once:
        """A keyed request of this actor: `await finance.once(key, "transfer", input).do(database, effect)`."""
        return Once(IDEMPOTENCY, self.actor, self.sources.clock, key, operation, request)
