"""The audit log, for auditors: verified, and taken away."""

from collections.abc import AsyncIterator

import orjson

from datasources.actor import SYSTEM
from datasources.finance.audit import Audit, Verdict
from datasources.finance.sources import FinanceSources
from datasources.finance.stores import Finance
from resolvers.context import Context


async def verify_log(sources: FinanceSources) -> Verdict:
    """For whoever has the database."""
    return await Audit(sources, SYSTEM).verify()


async def verify(context: Context) -> Verdict:
    """Whether each line of the log follows from the one before. Raises: Forbidden."""
    context.actor.require("audit:read")
    return await context.of(Finance).audit.verify()


async def export_log(sources: FinanceSources) -> AsyncIterator[bytes]:
    """The log from its beginning, a line of JSON for each of its own; for whoever has the database."""
    audit = Audit(sources, SYSTEM)
    number = 0
    while lines := await audit.after(number):
        for line in lines:
            yield orjson.dumps(line._asdict(), default=str) + b"\n"
        number = lines[-1].number
