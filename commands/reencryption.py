"""`reencrypt`: how an old key goes."""

import asyncio
from typing import Any

from commands.environment import for_databases_alone
from commands.options import Data
from commands.terminal import complain, progress, say
from datasources.settings import Settings
from house import Own, opened
from schema.graph import DOMAINS


def reencrypt(*, data: Data = None) -> int:
    """Encrypts personal data anew with the first key of HEDDLE_ENCRYPTION_KEYS, so that older keys can go.

    It may run beside a gateway that serves, and may be stopped and started again.
    """
    columns = asyncio.run(_reencrypted(*for_databases_alone(data)))
    for column in columns:
        say(f"{column.column}: {column.resealed} of {column.seen} encrypted anew")
    broken = sum(column.broken for column in columns)
    if broken:
        complain(f"{broken} values open with none of the keys, and stayed as they are; put their key back")
    return 1 if broken else 0


async def _reencrypted(settings: Settings, own: Own) -> list[Any]:
    async with opened(settings, own) as sources:
        with progress("Encrypting anew") as tell:
            return [
                column
                for domain in DOMAINS
                if domain.reseal
                for column in await domain.reseal(sources[domain.stores], tell)
            ]
