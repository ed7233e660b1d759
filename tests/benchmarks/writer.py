"""Usage: python -m tests.benchmarks.writer

Writes events of stock into the log of commerce, as another worker would: through the log itself, and with its wakes.
A line of standard input is `EVENTS TOGETHER EVERY_S`: so many events, so many of them in a transaction, and how long
after one the next begins. The answer is a line: a JSON array of when each transaction was committed, by the monotonic
clock, which all processes of a machine share.
"""

import asyncio
import sys
import time

import orjson
import sqlalchemy as sa

from datasources.actor import SYSTEM
from datasources.commerce.events import EventType
from datasources.commerce.tables import EVENTS, PRODUCTS
from datasources.events import EventLog, open_wakes
from datasources.events.log import NewEvent
from datasources.ids import utc_now
from datasources.sql import Database
from house import configured
from tests.benchmarks.data import MOVED


async def main() -> None:
    settings, _ = configured()
    url = f"sqlite:///{settings.data / 'commerce.db'}"
    database = Database("commerce", url)
    first = sa.select(PRODUCTS.c.id).order_by(PRODUCTS.c.id).limit(MOVED)
    products = [row.id for row in await database.rows(first)]
    (newest,) = await database.rows(sa.select(sa.func.coalesce(sa.func.max(EVENTS.c.sequence), 0).label("sequence")))
    written = newest.sequence
    async with open_wakes("commerce", url, settings.redis_url) as wakes:
        log = EventLog(EVENTS, SYSTEM, utc_now, wakes.ring)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            events, together, every_s = line.split()
            committed: list[float] = []
            next_at = time.monotonic()
            for _ in range(int(events) // int(together)):
                await asyncio.sleep(next_at - time.monotonic())
                next_at += float(every_s)
                numbers = range(written + 1, written + 1 + int(together))
                async with database.transaction() as transaction:
                    moved = [NewEvent(EventType.STOCK_MOVED, products[number % len(products)]) for number in numbers]
                    await log.extend(transaction, moved)
                committed.append(time.monotonic())
                written = numbers[-1]
            sys.stdout.write(orjson.dumps(committed).decode() + "\n")
            sys.stdout.flush()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main())
