"""Sealing everything anew with the first key, so that the older ones can go.

Give the gateway the new key first, before the older ones, on every machine; then run this; then take the old key away.
It may be stopped and started again at any time, and beside a gateway that serves.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.cipher import Cipher, SealBroken
from datasources.commerce.seals import PLACES, replace_sealed, seal, sealed_after
from datasources.commerce.sources import CommerceSources
from datasources.table import Row, Rows

BATCH = 200


@dataclass(slots=True)
class Resealed:
    """What happened to one column, such as `customers.sealed_name`; the counts are rows.

    `overtaken` were written by somebody else meanwhile; `broken` do not open with any key and stayed as they are.
    """

    column: str
    seen: int = 0
    resealed: int = 0
    overtaken: int = 0
    broken: int = 0


async def reseal(sources: CommerceSources, progress: Callable[[str, float], None]) -> list[Resealed]:
    """Goes through all sealed columns; `progress` hears after each batch how far that is, from 0 to 1.

    Raises: SourceUnavailable, SourceTimeout.
    """
    done = [Resealed(str(column)) for column in PLACES]
    for number, (column, resealed) in enumerate(zip(PLACES, done, strict=True)):
        async for _ in _batches(sources, column, resealed):
            progress(f"{column}: {resealed.seen}", number / len(PLACES))
    return done


async def _batches(sources: CommerceSources, column: sa.Column[Any], done: Resealed) -> AsyncIterator[None]:
    last = UUID(int=0)
    while rows := await sealed_after(sources.database, column, last, BATCH):
        last = rows[-1].id
        await _reseal_batch(sources, column, rows, done)
        yield


async def _reseal_batch(sources: CommerceSources, column: sa.Column[Any], rows: Rows, done: Resealed) -> None:
    anew = [(row, new) for row in rows if (new := _sealed_anew(sources.cipher, column, row, done)) is not None]
    if not anew:
        return
    async with sources.database.transaction() as transaction:
        for row, new in anew:
            if await replace_sealed(transaction, column, row.id, old=row.sealed, new=new):
                done.resealed += 1
            else:
                done.overtaken += 1


def _sealed_anew(cipher: Cipher, column: sa.Column[Any], row: Row, done: Resealed) -> bytes | None:
    """None where there is nothing to write."""
    done.seen += 1
    try:
        if not cipher.needs_resealing(row.sealed):
            return None
        return seal(cipher, column, row.id, cipher.open(row.sealed, PLACES[column] + row.id.bytes))
    except SealBroken:
        done.broken += 1
        return None
