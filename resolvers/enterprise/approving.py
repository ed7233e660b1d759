"""Who may approve an amount: one who works here, who did not ask for it, up to what they may."""

from uuid import UUID

from datasources.enterprise.errors import FourEyes, OverLimit
from datasources.enterprise.stores import Enterprise
from datasources.errors import Forbidden
from datasources.money import Currency, Money
from datasources.sql import Transaction


async def must_be_allowed(
    enterprise: Enterprise, transaction: Transaction, amount: Money, asked_by: UUID | None
) -> None:
    """Amounts in other currencies than that of the limits are for who sees all.

    Raises: Forbidden for who does not work here any more, FourEyes, OverLimit.
    """
    person = await enterprise.staff.here(transaction, enterprise.actor.signed_in)
    if person is None:
        raise Forbidden("approvals:decide")
    if asked_by == enterprise.actor.signed_in:
        raise FourEyes
    if amount.currency != Currency.EUR and enterprise.actor.may("approvals:all"):
        return
    if amount.currency != Currency.EUR or amount.minor > person.approves_minor:
        raise OverLimit


async def limit_minor(enterprise: Enterprise, transaction: Transaction, currency: str) -> int:
    """Up to which amount in this currency the actor may approve; nothing where they do not work here."""
    person = await enterprise.staff.here(transaction, enterprise.actor.signed_in)
    return person.approves_minor if person is not None and currency == Currency.EUR else 0
