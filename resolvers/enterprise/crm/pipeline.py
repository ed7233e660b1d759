"""The pipeline: opportunities are opened, moved, given over; and what they come to, by month and owner."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from datasources.enterprise.crm.pipeline import Stage
from datasources.enterprise.errors import ChangedMeanwhile
from datasources.enterprise.events import EventType
from datasources.enterprise.policies import visible_opportunities
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import OPPORTUNITIES
from datasources.errors import InvalidInput
from datasources.money import Money
from datasources.sql import Transaction
from datasources.table import Row, Rows
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.crm.stages import USUAL, likely, moved
from resolvers.enterprise.records import Record, change, create, telling, text

MAX_AMOUNT_MINOR = 10**12
"""More is a mistake; sums of many, times their percents, also stay within 64 bits."""
MAX_MONTHS = 36
OPPORTUNITY = Record(
    type="Opportunity",
    table=OPPORTUNITIES,
    batch=EnterpriseLoaders.opportunity_by_id,
    created=EventType.OPPORTUNITY_CREATED,
    changed=EventType.OPPORTUNITY_CHANGED,
    visible=visible_opportunities,
    rules={"title": text(200)},
    names={"company_id": "company", "contact_id": "contact", "owner_id": "employee"},
    owner="owner_id",
    told=telling(stage="stage", currency="currency", amount_minor="amount_minor"),
)


async def create_opportunity(
    context: Context,
    *,
    amount: Money,
    closes_on: date,
    company_id: UUID | None,
    contact_id: UUID | None,
    owner_id: UUID | None,
    key: str,
    **given: Any,
) -> Any:
    """A lead, of a company or a contact; the actor's, unless it is another's.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("pipeline:write")
    if company_id is None and contact_id is None:
        raise InvalidInput("companyId", "Say whom it may be sold to: a company, a contact, or both.")
    whose = {"company_id": company_id, "contact_id": contact_id, "owner_id": owner_id or context.actor.signed_in}
    hoped = {"stage": Stage.LEAD, "probability": USUAL[Stage.LEAD], "closes_on": closes_on.isoformat()}
    values = OPPORTUNITY.checked(version=1, **_positive(amount), **whose, **hoped, **given)
    return await create(context, OPPORTUNITY, "createOpportunity", key, values)


async def change_opportunity(
    context: Context,
    *,
    opportunity_id: UUID,
    version: int,
    stage: Stage | None,
    amount: Money | None,
    probability: int | None,
    closes_on: date | None,
    owner_id: UUID | None,
    key: str,
) -> Any:
    """Changes what is given of an opportunity that the actor sees, if it is still as it was in this version.

    None where it was given over to somebody whose pipeline the actor does not see.
    Raises: Forbidden, InvalidInput, NotFound, ChangedMeanwhile, StageOutOfReach, KeyReused.
    """
    context.actor.require("pipeline:write")
    if probability is not None and not 0 <= probability <= 100:
        raise InvalidInput("probability", "A probability is 0 to 100, in percent.")
    new = _positive(amount) if amount else {}
    new |= OPPORTUNITY.given(closes_on=closes_on and closes_on.isoformat(), owner_id=owner_id)

    async def decide(transaction: Transaction, before: Row) -> Mapping[str, Any]:
        if before.version != version:
            raise ChangedMeanwhile
        was = Stage(before.stage)
        now = moved(was, stage or was)
        wanted = {"stage": now, "probability": likely(was, now, before.probability, probability), **new}
        if not wanted.items() <= before._mapping.items():
            await context.of(Enterprise).pipeline.next_version(transaction, opportunity_id)
        return wanted

    request = [version, stage, probability, new]
    return await change(context, OPPORTUNITY, "changeOpportunity", key, opportunity_id, request, decide)


async def forecast(context: Context, months: int) -> Rows:
    """What the actor's pipeline comes to in this month and the next ones, as the store says it.

    Raises: Forbidden, InvalidInput.
    """
    context.actor.require("pipeline:read")
    if not 1 <= months <= MAX_MONTHS:
        raise InvalidInput("months", f"Ask for 1 to {MAX_MONTHS} months.")
    first = context.clock().date().replace(day=1)
    last = months_after(first, months) - timedelta(days=1)
    return await context.of(Enterprise).pipeline.forecast(first, last)


def months_after(first: date, months: int) -> date:
    """The first day of the month so many months after that of `first`."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def _positive(amount: Money) -> dict[str, Any]:
    """Its columns. Raises: InvalidInput."""
    if not 0 <= amount.minor <= MAX_AMOUNT_MINOR:
        raise InvalidInput("amount", "Write an amount that is not negative, and not beyond what we sell.")
    return {"amount_minor": amount.minor, "currency": amount.currency}
