"""Who may approve an amount: one who works here, who did not ask for it, up to what they may."""

from uuid import UUID

from datasources.enterprise.errors import FourEyes, OverLimit
from datasources.enterprise.stores import Enterprise
from datasources.money import Currency, Money
from datasources.sql import Transaction


async def must_be_allowed(
    enterprise: Enterprise, transaction: Transaction, amount: Money, asked_by: UUID | None
) -> None:
    """Amounts in other currencies than that of the limits are for who sees all.

    Raises: Forbidden for who does not work here any more, FourEyes, OverLimit.
    """
    await enterprise.approvals.must_work_here(transaction)
    if asked_by == enterprise.actor.signed_in:
        raise FourEyes
    if amount.currency != Currency.EUR and enterprise.actor.may("approvals:all"):
        return
    if amount.currency != Currency.EUR or amount.minor > await enterprise.approvals.limit_minor(transaction):
        raise OverLimit
