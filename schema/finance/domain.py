"""Finance, as it is joined to the house."""

from strawberry.tools import merge_types

from datasources.finance.people import person_by_email
from datasources.finance.sample.fill import fill_own
from datasources.finance.settings import FinanceSettings
from datasources.finance.sources import open_finance
from datasources.finance.stores import Finance
from resolvers.background import Background
from resolvers.consumers import Consumer
from resolvers.finance.auditing import export_log, verify_log
from resolvers.finance.postings import INVOICE_TYPES, ORDER_TYPES, post_invoice, post_order
from resolvers.finance.privacy import export
from resolvers.finance.rates import learn_rates
from resolvers.finance.reencryption import reseal
from resolvers.finance.screening import screen_waiting
from resolvers.sweeping import sweeping
from schema.domain import AuditLog, Domain, Sample
from schema.finance.accounts import AccountsMutation, AccountsQuery
from schema.finance.books import BooksQuery
from schema.finance.cases import CasesMutation, CasesQuery
from schema.finance.events import BalanceEvent, CaseEvent, FinanceSubscription, RateEvent, TransferEvent
from schema.finance.rates import RateHistoryQuery
from schema.finance.transfers import (
    InsufficientFundsProblem,
    LimitReachedProblem,
    TransfersMutation,
    TransfersQuery,
)

LEARN_EVERY_S = 60.0
SCREEN_EVERY_S = 30.0

FINANCE = Domain(
    name="finance",
    settings=FinanceSettings,
    open=open_finance,
    stores=Finance,
    query=merge_types("FinanceQuery", (AccountsQuery, TransfersQuery, CasesQuery, BooksQuery, RateHistoryQuery)),
    mutation=merge_types("FinanceMutation", (AccountsMutation, TransfersMutation, CasesMutation)),
    subscription=FinanceSubscription,
    types=(BalanceEvent, TransferEvent, CaseEvent, RateEvent, InsufficientFundsProblem, LimitReachedProblem),
    background=(
        Background("learning of rates", LEARN_EVERY_S, learn_rates),
        Background("screening who waits", SCREEN_EVERY_S, screen_waiting),
        sweeping(
            "forgetting old keys, quotes and events",
            Finance,
            lambda finance, transaction, now: finance.transfers.forget_quotes(transaction, now),
        ),
    ),
    consumers=(
        Consumer("posting orders", "commerce", ORDER_TYPES, post_order),
        Consumer("posting invoices", "enterprise", INVOICE_TYPES, post_invoice),
    ),
    sample=Sample(
        fill=fill_own,
        people=("accountant@example.com", "officer@example.com", "officer2@example.com", "auditor@example.com"),
        query="{ trialBalance { kind currency balance { amount } explained } }",
    ),
    person=person_by_email,
    reseal=reseal,
    dossier=export,
    audit=AuditLog(verify_log, export_log),
)
