"""Finance as one actor sees it."""

from datasources.finance.audit import Audit
from datasources.finance.books import Books
from datasources.finance.compliance import Compliance
from datasources.finance.ledger import Ledger
from datasources.finance.rates import RateHistory
from datasources.finance.screening import Screening
from datasources.finance.sources import FinanceSources
from datasources.finance.tables import IDEMPOTENCY
from datasources.finance.transfers import Transfers
from datasources.store import DomainStores, store


class Finance(DomainStores[FinanceSources]):
    keys = IDEMPOTENCY

    books = store(Books)
    ledger = store(Ledger)
    transfers = store(Transfers)
    compliance = store(Compliance)
    screening = store(Screening)
    rates = store(RateHistory)
    audit = store(Audit)
