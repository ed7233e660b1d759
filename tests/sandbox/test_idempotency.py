import asyncio
import threading
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from datasources.sandbox.idempotency import KeyInFlight, Once
from datasources.sandbox.state import Answer, Document, State


async def test_a_key_whose_first_request_is_under_way_is_refused_until_it_is_done(tmp_path: Path) -> None:
    started, may_end = asyncio.Event(), asyncio.Event()

    async def change() -> Answer:
        started.set()
        await may_end.wait()
        return Answer(200, {"id": "pi_1"})

    with closing(State(tmp_path / "sandbox.db")) as state:
        once = Once(state, "payments")
        first = asyncio.create_task(once.run("key", "request", change))
        await started.wait()
        with pytest.raises(KeyInFlight):
            await once.run("key", "request", change)
        may_end.set()
        answer, replayed = await first
        assert (answer, replayed) == (Answer(200, {"id": "pi_1"}), False)
        assert await once.run("key", "request", change) == (answer, True)


async def test_a_change_that_crashed_leaves_its_key_free(tmp_path: Path) -> None:
    async def crash() -> Answer:
        raise OSError

    async def change() -> Answer:
        return Answer(200, {"id": "pi_1"})

    with closing(State(tmp_path / "sandbox.db")) as state:
        once = Once(state, "payments")
        with pytest.raises(OSError):
            await once.run("key", "request", crash)
        assert await once.run("key", "request", change) == (Answer(200, {"id": "pi_1"}), False)


def test_a_sandbox_that_is_still_ending_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.db"
    with closing(State(file)) as state, closing(apsw.Connection(str(file))) as ending:
        ending.execute("BEGIN IMMEDIATE")
        threading.Timer(0.1, lambda: ending.execute("COMMIT")).start()
        state.keep([Document("intent", {"id": "pi_1"})])
        assert state.find("intent", "pi_1") == {"id": "pi_1"}
