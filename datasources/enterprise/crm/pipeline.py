"""Opportunities: what may be sold, to whom, for how much, by when, and how likely that is."""

from datetime import date
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.lists import Lists, equals
from datasources.enterprise.policies import visible_opportunities
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import OPPORTUNITIES
from datasources.pages import Sort
from datasources.sql import Transaction
from datasources.statements import at_least, at_most, read, summed
from datasources.table import Rows


class Stage(StrEnum):
    LEAD = "lead"
    QUALIFIED = "qualified"
    PROPOSAL = "proposal"
    NEGOTIATION = "negotiation"
    WON = "won"
    LOST = "lost"


class Pipeline:
    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self._database = sources.database
        self.visible = visible_opportunities(actor)
        wanted = equals(OPPORTUNITIES.c.stage, OPPORTUNITIES.c.owner_id)
        self.all = Lists(sources, OPPORTUNITIES, _NEXT, self.visible, wanted)
        self.of_contacts = self.all.by(OPPORTUNITIES.c.contact_id)
        self.of_companies = self.all.by(OPPORTUNITIES.c.company_id)

    async def next_version(self, transaction: Transaction, id: UUID) -> None:
        me = sa.update(OPPORTUNITIES).where(OPPORTUNITIES.c.id == id)
        await transaction.write(me.values(version=OPPORTUNITIES.c.version + 1))

    async def forecast(self, first: date, last: date) -> Rows:
        """What is expected to close from `first` to `last`, if it was not lost, by month, owner and currency.

        In the order of these: `month` as 2026-03, owner_id, currency; with how many `opportunities`, amount_minor, and
        weighted_minor: of each as much as its probability, the sum rounded half up. Source: one SELECT.
        """
        day = OPPORTUNITIES.c.closes_on
        days = (at_least(day, first.isoformat()), at_most(day, last.isoformat()))
        return await self._database.rows(read(_FORECAST, *days, self.visible, order=_OF))


_MONTH = sa.func.substr(OPPORTUNITIES.c.closes_on, 1, 7)
_OF = (_MONTH, OPPORTUNITIES.c.owner_id, OPPORTUNITIES.c.currency)
_FORECAST = (
    sa.select(
        _MONTH.label("month"),
        OPPORTUNITIES.c.owner_id,
        OPPORTUNITIES.c.currency,
        sa.func.count().label("opportunities"),
        summed(OPPORTUNITIES.c.amount_minor).label("amount_minor"),
        ((summed(OPPORTUNITIES.c.amount_minor * OPPORTUNITIES.c.probability) + 50) // 100).label("weighted_minor"),
    )
    .where(OPPORTUNITIES.c.stage != Stage.LOST)
    .group_by(*_OF)
)
_NEXT = Sort("next", (OPPORTUNITIES.c.closes_on, OPPORTUNITIES.c.id))
