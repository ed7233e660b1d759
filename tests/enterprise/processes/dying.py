"""A worker that is killed: `python -m tests.enterprise.processes.dying` with what it needs as JSON on its input.

It lives again and again, as a fork of a process that has loaded all. One life ends before its first commit, the next
right after its first: so each commit of a run is died for on both sides. The last life finds nothing to do any more.
Time goes on by ten minutes from life to life.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import SYSTEM, Actor
from datasources.commerce.tables import EVENTS
from datasources.cursors import Cursors
from datasources.enterprise.processes import ApprovalStatus
from datasources.enterprise.settings import EnterpriseSettings
from datasources.enterprise.sources import open_enterprise
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import APPROVALS, RUNS
from datasources.events import Journal, Tail, Wakes
from datasources.settings import Settings, read
from datasources.sql import Database, Transaction
from resolvers.consumers import consume
from resolvers.context import Context
from resolvers.enterprise.processes.approvals import decide
from resolvers.enterprise.processes.beginning import consumers
from resolvers.enterprise.processes.runner import run_workflows

MAX_LIVES = 100


class _Commerce:
    def __init__(self, url: str) -> None:
        journal = Journal(Database("commerce", url), EVENTS, Cursors(b"a secret of the tests"))
        self.tail = Tail(journal, Wakes())


def _mortal(database: Database, *, before: bool) -> None:
    """Its process is killed at the first commit, before or after it."""
    begin = database.transaction

    @asynccontextmanager
    async def transaction() -> AsyncIterator[Transaction]:
        async with begin() as transaction:
            yield transaction
            if before:
                os.kill(os.getpid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    database.transaction = transaction  # type: ignore[method-assign]


async def _live(given: dict[str, Any], now: datetime, *, before: bool) -> None:
    settings = read(Settings, data=Path(given["data"]))
    own = read(
        EnterpriseSettings,
        enterprise_database_url=given["enterprise"],
        webhook_hosts=given["host"],
        webhook_secret=given["secret"],
    )
    async with open_enterprise(settings, own, lambda: now) as sources:

        def open_context(actor: Actor) -> Context:
            return Context(actor, {Enterprise: sources}, lambda: now)

        _mortal(sources.database, before=before)
        (commerce,) = [one for one in consumers() if one.of == "commerce"]
        consuming = asyncio.create_task(consume(commerce, _Commerce(given["commerce"]), sources, open_context))
        director = Actor(UUID(given["director"]), frozenset({"*"}))
        while True:
            with open_context(SYSTEM) as context:
                await run_workflows(context)
            waiting = sa.select(APPROVALS.c.id).where(APPROVALS.c.status == ApprovalStatus.WAITING)
            for asked in await sources.database.rows(waiting):
                with open_context(director) as context:
                    await decide(context, asked.id, True, "", "once")
            ended = [row.ended_at is not None for row in await sources.database.rows(sa.select(RUNS.c.ended_at))]
            if ended and all(ended):
                consuming.cancel()
                return
            await asyncio.sleep(0.005)


def main() -> int:
    """How many lives it took."""
    given = json.load(sys.stdin)
    for life in count(1):
        assert life < MAX_LIVES
        child = os.fork()
        if not child:
            now = datetime.fromisoformat(given["now"]) + timedelta(minutes=10 * life)
            asyncio.run(_live(given, now, before=life % 2 == 1))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            return life
    raise AssertionError


if __name__ == "__main__":
    print(main())  # noqa: T201 # whoever started us reads it
