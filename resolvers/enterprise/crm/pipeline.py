"""The pipeline: opportunities are opened, moved, given over; and what they come to, by month and owner."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from datasources.enterprise.crm.pipeline import Stage
from datasources.enterprise.crm.references import require
from datasources.enterprise.errors import ChangedMeanwhile
from datasources.enterprise.events import EventType
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import OPPORTUNITIES
from datasources.errors import InvalidInput
from datasources.money import Money
from datasources.prepared import Row, Rows
from datasources.sql import Transaction
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.crm.changing import Kind, change, create, given, tell
from resolvers.enterprise.crm.stages import USUAL, moved, probability
from resolvers.text import plain

MAX_TITLE = 200
MAX_AMOUNT_MINOR = 10**12
"""More is a mistake; sums of many, times their percents, also stay within 64 bits."""
MAX_MONTHS = 36
OPPORTUNITY = Kind(
    "Opportunity",
    OPPORTUNITIES,
    "owner_id",
    EnterpriseLoaders.opportunity_by_id,
    EventType.OPPORTUNITY_CHANGED,
    {"stage": "stage", "currency": "currency", "amount_minor": "amount_minor"},
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What changes of an opportunity; what is None stays."""

    stage: Stage | None
    amount: Money | None
    probability: int | None
    closes_on: date | None
    owner_id: UUID | None


async def create_opportunity(
    context: Context,
    title: str,
    amount: Money,
    closes_on: date,
    company_id: UUID | None,
    contact_id: UUID | None,
    owner_id: UUID | None,
    key: str,
) -> Any:
    """A lead, of a company or a contact; the actor's, unless it is another's.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("pipeline:write")
    enterprise = context.of(Enterprise)
    if company_id is None and contact_id is None:
        raise InvalidInput("companyId", "Say whom it may be sold to: a company, a contact, or both.")
    owner_id = owner_id or context.actor.signed_in
    values = {
        "title": plain(title, "title", MAX_TITLE),
        "company_id": company_id,
        "contact_id": contact_id,
        "owner_id": owner_id,
        "stage": Stage.LEAD,
        "amount_minor": _positive(amount),
        "currency": amount.currency,
        "probability": USUAL[Stage.LEAD],
        "closes_on": closes_on.isoformat(),
    }

    async def add(transaction: Transaction) -> UUID:
        await require(transaction, company=company_id, contact=contact_id, employee=owner_id)
        id = await enterprise.pipeline.add(transaction, **values)
        await tell(enterprise, transaction, OPPORTUNITY, EventType.OPPORTUNITY_CREATED, id, values)
        return id

    return await create(context, OPPORTUNITY, "createOpportunity", key, values, add)


async def change_opportunity(context: Context, id: UUID, version: int, wanted: Wanted, key: str) -> Any:
    """Changes an opportunity that the actor sees, if it is still as it was in this version.

    None where it was given over to somebody whose pipeline the actor does not see.
    Raises: Forbidden, InvalidInput, NotFound, ChangedMeanwhile, StageOutOfReach, KeyReused.
    """
    context.actor.require("pipeline:write")
    pipeline = context.of(Enterprise).pipeline
    if wanted.probability is not None and not 0 <= wanted.probability <= 100:
        raise InvalidInput("probability", "A probability is 0 to 100, in percent.")
    amount = {} if wanted.amount is None else {"amount_minor": _positive(wanted.amount)}
    currency = wanted.amount and wanted.amount.currency

    async def decide(transaction: Transaction, before: Row) -> Mapping[str, Any]:
        if before.version != version:
            raise ChangedMeanwhile
        await require(transaction, employee=wanted.owner_id)
        was = Stage(before.stage)
        stage = moved(was, wanted.stage or was)
        likely = probability(was, stage, before.probability, wanted.probability)
        closes_on = wanted.closes_on and wanted.closes_on.isoformat()
        kept = given(currency=currency, closes_on=closes_on, owner_id=wanted.owner_id)
        new = {"stage": stage, "probability": likely} | amount | kept
        if not new.items() <= before._mapping.items():
            await pipeline.next_version(transaction, id)
        return new

    request = [version, repr(wanted)]
    return await change(context, OPPORTUNITY, "changeOpportunity", key, request, id, pipeline.visible, decide)


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


def _positive(amount: Money) -> int:
    """Raises: InvalidInput."""
    if not 0 <= amount.minor <= MAX_AMOUNT_MINOR:
        raise InvalidInput("amount", "Write an amount that is not negative, and not beyond what we sell.")
    return amount.minor
