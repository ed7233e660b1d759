"""Orders and customers in the books."""

from collections.abc import Mapping
from typing import Any

import strawberry

from datasources.commerce.payments.taken import taken
from datasources.commerce.people import known, person_by_email
from datasources.commerce.stores import Commerce
from datasources.finance.sample.fill import fill_wallets
from datasources.finance.stores import Finance
from loaders.commerce import CommerceLoaders
from loaders.finance import FinanceLoaders
from resolvers.commerce.orders import paid_for, paid_since
from resolvers.commerce.orders.paid import MOST_LISTED
from resolvers.finance.reconciling import reconcile
from schema import access
from schema.access import INHERITED, scope
from schema.commerce.customers import Customer
from schema.commerce.orders import Order
from schema.cost import Cost
from schema.domain import Links
from schema.fields import computed, edge
from schema.finance.accounts import Account
from schema.finance.books import Entry
from schema.links.linked import linked
from schema.money import Money
from schema.node import global_id


@linked(Customer)
class CustomerAccounts:
    accounts: list[Account] = edge(
        FinanceLoaders.accounts_by_owner,
        key="id",
        cost=Cost(size=2),
        description="The oldest first; none where you may not see them.",
    )


@linked(Order)
class OrderPostings:
    postings: list[Entry] = edge(
        FinanceLoaders.entries_by_order,
        key="id",
        cost=Cost(size=2),
        description="What it was booked as, the oldest first; none unless you may read the books.",
    )


@strawberry.type(
    description="An order, or a payment of none, of which books and payment service say another thing.",
    directives=[INHERITED],
)
class PaymentDifference:
    order_id: strawberry.ID | None = computed(
        lambda id: id and global_id("Order", id), "order_id", description="Null where the payment names no order."
    )
    order: Order | None = edge(
        CommerceLoaders.order_by_id, key="order_id", description="Null where you may not see it, or there is none."
    )
    payments: list[str] = strawberry.field(
        description="What the payment service calls its payments; more than one where it took the money twice."
    )
    at_provider: Money | None = strawberry.field(
        description="What the payment service took, less what it gave back; null where it knows of nothing."
    )
    booked: Money | None = strawberry.field(description="What the books say of that; null where they say nothing.")


@strawberry.type(description="Payments and books, compared.", directives=[INHERITED])
class Reconciled:
    compared: int = strawberry.field(description="How many orders, and payments of none.")
    complete: bool = strawberry.field(description="False where there were more: the newest were compared.")
    differences: list[PaymentDifference] = strawberry.field(
        description="None where all is well; what is under way may be among them for a moment."
    )


@strawberry.type
class FinanceLinksQuery:
    @access.field(
        scope("books:read"),
        "Compares what the payment service took or gave back in the last `days` days with the books, and what was "
        f"booked with the service: the {MOST_LISTED} newest payments at most. Null, with an error, while it is away.",
        Cost(weight=5000, size=10),
    )
    async def reconciliation(self, info: strawberry.Info, days: int = 1) -> Reconciled | None:
        found: Any = await reconcile(info.context, days, paid_since, paid_for)
        return found


async def fill_accounts(sources: Mapping[type, Any], **options: Any) -> bool:
    """Wallets of the sample customers, Ada and Bo among them."""
    there = await known(sources[Commerce])
    found = [await person_by_email(sources[Commerce], f"{name}@example.com") for name in ("ada", "bo")]
    first = [person.signed_in for person in found if person]
    people = [*first, *(id for id in there.customers if id not in first)]
    return await fill_wallets(sources[Finance], people, await taken(sources[Commerce]), **options)


LINKS = Links(between=("commerce", "finance"), query=FinanceLinksQuery, fill=fill_accounts)
