"""`audit`: whether what was done and seen is still written as it was, and all of it for the auditor."""

import asyncio
import sys
from typing import Annotated

from cyclopts import Parameter

from commands.environment import for_databases_alone
from commands.options import Data
from commands.terminal import complain, say
from datasources.settings import Settings
from house import Own, opened
from schema.graph import DOMAINS

Export = Annotated[bool, Parameter(negative=(), help="Write the whole log out, a line of JSON each.")]


def audit(*, export: Export = False, data: Data = None) -> int:
    """Looks through the audit log of each domain that has one; 1 where a line was changed or is missing."""
    return asyncio.run(_audited(*for_databases_alone(data), export))


async def _audited(settings: Settings, own: Own, export: bool) -> int:
    broken = 0
    async with opened(settings, own) as sources:
        for domain in DOMAINS:
            if domain.audit is None:
                continue
            if export:
                async for line in domain.audit.export(sources[domain.stores]):
                    sys.stdout.buffer.write(line)
                continue
            verdict = await domain.audit.verify(sources[domain.stores])
            if verdict.broken_at is None:
                say(f"{domain.name}: {verdict.lines} lines follow from one another; the last is {verdict.head}")
            else:
                broken += 1
                complain(
                    f"{domain.name}: line {verdict.broken_at} of the audit log is not as it was written; the "
                    f"{verdict.lines} before it are. Compare with a copy, and find out who can write the database"
                )
    return 1 if broken else 0
