"""A process that does what is done by one worker at a time: `python -m tests.background.holder URL NAME`.

It says so when it begins, and goes on until somebody ends it.
"""

import asyncio
import sys

from datasources.house.leases import Leases
from datasources.sql import Database
from gateway.logs import configure_logs


async def main(url: str, name: str, lasts_s: str) -> None:
    async def work() -> None:
        print("begun", flush=True)  # noqa: T201 # whoever started us reads it
        await asyncio.Event().wait()

    await Leases(Database("house", url), float(lasts_s)).holding({name: work})


if __name__ == "__main__":
    configure_logs()
    asyncio.run(main(*sys.argv[1:]))
