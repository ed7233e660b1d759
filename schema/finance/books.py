"""What accountants and auditors read: entries, the trial balance, the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from datasources.finance.ledger import AccountKind, EntryKind
from datasources.money import Currency
from loaders.finance import FinanceLoaders
from resolvers.finance import accounts, auditing
from schema import access
from schema.access import INHERITED, policy, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.fields import computed, edge, root, root_page
from schema.finance.accounts import Account
from schema.money import Money
from schema.node import Node, id_of

BOOKS = policy("scope books:read")


@strawberry.type(description="What an entry did to an account.", directives=[BOOKS])
class EntryLine:
    account: Account | None = edge(FinanceLoaders.account_by_id, key="account_id")
    amount: Money = computed(
        Money.of, "amount_minor", "currency", description="Credited; negative where it was debited."
    )


@strawberry.type(
    description="Something that happened to the books: its lines sum to zero in each currency.", directives=[BOOKS]
)
class Entry(Node, batch=FinanceLoaders.entry_by_id):
    kind: EntryKind = computed(EntryKind, "kind")
    text: str
    lines: list[EntryLine] = edge(FinanceLoaders.lines_by_entry, key="id", cost=Cost(size=3))
    reverses: "Entry | None" = edge(
        FinanceLoaders.entry_by_id, key="reverses_id", description="The entry that this one takes back."
    )
    at: datetime


@strawberry.type(description="All accounts of one kind and currency.", directives=[BOOKS])
class TrialBalanceRow:
    kind: AccountKind = computed(AccountKind, "kind")
    currency: Currency = computed(Currency, "currency")
    debit: Money = computed(Money.of, "debit_minor", "currency")
    credit: Money = computed(Money.of, "credit_minor", "currency")
    balance: Money = computed(
        Money.of, "balance_minor", "currency", description="As the accounts say; those of a currency sum to zero."
    )
    explained: bool = computed(
        lambda debit, credit, balance: credit - debit == balance,
        "debit_minor",
        "credit_minor",
        "balance_minor",
        description="Whether the lines say the same as the accounts.",
    )
    accounts: int = strawberry.field(description="How many.")


@strawberry.type(description="Who did what, or saw what of others.", directives=[policy("scope audit:read")])
class AuditLine:
    number: int = computed(int, "number", description="From 1, without gaps.")
    actor: str = computed(UUID.__str__, "actor_id", description="The UUID of a customer or of staff.")
    action: str
    subject: str = strawberry.field(description="The UUID of what it was done to.")
    hash: str = strawberry.field(description="SHA-256 of this line and of the hash before.")
    at: datetime


@strawberry.type(description="Whether the audit log is as it was written.", directives=[INHERITED])
class AuditVerdict:
    intact: bool
    lines: int = strawberry.field(description="How many follow from one another.")
    head: str = strawberry.field(description="The hash of the last of them; keep it elsewhere, to compare.")
    broken_at: int | None = strawberry.field(description="The number of the first wrong line; null where none is.")


def _about(subject: str | None = None) -> dict[str, Any]:
    return {"subject": subject}


@strawberry.type
class BooksQuery:
    entry: Entry | None = root(
        FinanceLoaders.entry_by_id, scope("books:read"), "The entry with this id.", key=id_of("Entry")
    )
    audit_log: Connection[AuditLine] | None = root_page(
        FinanceLoaders.audit,
        scope("audit:read"),
        "Who did and saw what, the newest first; with `subject`, a UUID, what was done to that.",
        arguments=_about,
    )

    @access.field(scope("books:read"), "All accounts by currency and kind, from all lines.", Cost(weight=1000, size=30))
    async def trial_balance(self, info: strawberry.Info) -> list[TrialBalanceRow] | None:
        return await accounts.trial_balance(info.context)

    @access.field(scope("audit:read"), "Looks at the whole audit log.", Cost(weight=10_000))
    async def verify_audit(self, info: strawberry.Info) -> AuditVerdict | None:
        found: Any = await auditing.verify(info.context)
        return found
