"""The batches of finance: each is one statement or one call, however many keys it is given."""

from datasources.finance.stores import Finance
from loaders.batch import LoaderSet, many_by, one_by, page_by, value_by


class FinanceLoaders(LoaderSet):
    domain = "finance"
    stores = Finance

    account_by_id = one_by(lambda finance: finance.books.by_ids, key="id")
    accounts = page_by(lambda finance: finance.books.pages, lambda finance: finance.books.counts)
    accounts_by_owner = many_by(lambda finance: finance.books.of_owners, key="owner_id")
    statement_by_account = page_by(
        lambda finance: finance.books.statements, lambda finance: finance.books.statement_counts
    )
    holds_by_account = many_by(lambda finance: finance.books.holds_of, key="account_id")
    hold_by_id = one_by(lambda finance: finance.books.holds_by_ids, key="id")
    entry_by_id = one_by(lambda finance: finance.books.entries_by_ids, key="id")
    entries_by_order = many_by(lambda finance: finance.books.entries_of_orders, key="order_id")
    entries_by_invoice = many_by(lambda finance: finance.books.entries_of_invoices, key="invoice_id")
    lines_by_entry = many_by(lambda finance: finance.books.lines_of, key="entry_id")
    transfer_by_id = one_by(lambda finance: finance.transfers.by_ids, key="id")
    transfers = page_by(lambda finance: finance.transfers.pages, lambda finance: finance.transfers.counts)
    holder_by_id = one_by(lambda finance: finance.compliance.holders_by_ids, key="id")
    holder_name = value_by(lambda finance: finance.compliance.names)
    screening_by_holder = value_by(lambda finance: finance.compliance.screenings)
    case_by_id = one_by(lambda finance: finance.compliance.by_ids, key="id")
    case_by_transfer = one_by(lambda finance: finance.compliance.of_transfers, key="transfer_id")
    cases = page_by(lambda finance: finance.compliance.pages, lambda finance: finance.compliance.counts)
    decisions_by_case = many_by(lambda finance: finance.compliance.decisions_of, key="case_id")
    audit = page_by(lambda finance: finance.audit.pages, lambda finance: finance.audit.counts)
    rate_by_subject = value_by(lambda finance: finance.rates.at)
