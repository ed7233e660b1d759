"""Sealing everything anew with the first key, so that the older ones can go. It may be stopped and started again."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from datasources.actor import SYSTEM
from datasources.finance.compliance import Compliance
from datasources.finance.sources import FinanceSources

BATCH = 200


@dataclass(slots=True)
class Resealed:
    """What happened to the column; the counts are rows. `broken` open with no key, and stayed as they are."""

    column: str = "holders.sealed_name"
    seen: int = 0
    resealed: int = 0
    broken: int = 0


async def reseal(sources: FinanceSources, progress: Callable[[str, float], None]) -> list[Resealed]:
    """Goes through the names of all holders. Raises: SourceError."""
    compliance, done, last = Compliance(sources, SYSTEM), Resealed(), UUID(int=0)
    while batch := await compliance.sealed_after(last, BATCH):
        last = batch[-1].id
        resealed, broken = await compliance.reseal(batch)
        done.seen += len(batch)
        done.resealed += resealed
        done.broken += broken
        progress(f"{done.column}: {done.seen}", 0.0)
    return [done]
