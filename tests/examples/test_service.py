"""examples/service, killed again and again while stock moves: each move is handled, in order, and takes effect once."""

import asyncio
import random
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from tests.examples.test_web import run
from tests.server.command import NO_SERVICES, ROOT, environment, started

CONSUMER = ROOT / "examples" / "service" / "consumer.py"
SERVER = (sys.executable, ROOT / "server.py")
MOVES = 90
MOVE = """
mutation ($input: AdjustStockInput!) { adjustStock(input: $input) { problem { message } } }
"""
PATIENCE_S = 60


class Consumer:
    """Started anew as often as somebody wants; all that it ever said is in `said`."""

    def __init__(self, directory: Path, url: str) -> None:
        self.said: list[str] = []
        self.database = directory / "stock.db"
        self.cursor = directory / "stock.cursor"
        self.token = directory / "token"
        self._variables = {"GATEWAY_URL": f"{url}/graphql", "GATEWAY_TOKEN_FILE": str(self.token)}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            CONSUMER,
            self.database,
            env=environment(**self._variables),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def says(self, process: asyncio.subprocess.Process, what: str) -> str:
        """The next line that begins so."""
        assert process.stdout
        async with asyncio.timeout(PATIENCE_S):
            while line := (await process.stdout.readline()).decode():
                self.said.append(line.strip())
                if line.startswith(what):
                    return line
        raise AssertionError(self.said)

    def rows(self, query: str) -> list[Any]:
        with sqlite3.connect(self.database) as database:
            return database.execute(query).fetchall()

    @property
    def handled(self) -> int:
        return int(self.rows("SELECT count(*) FROM handled")[0][0]) if self.database.exists() else 0


class Stock:
    """What moves, as somebody with all rights moves it."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"})

    async def ask(self, query: str, **variables: Any) -> Any:
        answer = (await self._http.post("/graphql", json={"query": query, "variables": variables})).json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def move(self, times: int, chance: random.Random) -> None:
        found = await self.ask("{ products(first: 3) { nodes { id } } warehouses { id } }")
        ids = [product["id"] for product in found["products"]["nodes"]]
        for _ in range(times):
            moved = {"productId": chance.choice(ids), "warehouseId": found["warehouses"][0]["id"], "by": 1}
            key = {"reason": "RECEIVED", "idempotencyKey": str(chance.random())}
            payload = await self.ask(MOVE, input=moved | key)
            assert payload == {"adjustStock": {"problem": None}}

    async def available(self) -> dict[str, int]:
        nodes = (await self.ask("{ products(first: 100) { nodes { sku available } } }"))["products"]["nodes"]
        return {product["sku"]: product["available"] for product in nodes}

    async def close(self) -> None:
        await self._http.aclose()


def log_of(commerce: Path) -> list[tuple[datetime, str]]:
    """When which product moved, in the order of the log."""
    query = (
        "SELECT events.at, products.sku FROM events JOIN products ON products.id = events.subject "
        "WHERE type = 'stock.moved' ORDER BY sequence"
    )
    with sqlite3.connect(commerce) as database:
        return [(datetime.fromisoformat(f"{at}+00:00"), sku) for at, sku in database.execute(query)]


async def test_nothing_is_lost_or_done_twice_by_a_consumer_that_is_killed(tmp_path: Path) -> None:
    chance = random.Random(9)
    commerce = tmp_path / "data" / "commerce.db"
    with started(tmp_path, "--scale", "0.005", "--no-sandbox", **NO_SERVICES) as command:
        token = (await run(*SERVER, "token", "--as", "admin@example.com", cwd=tmp_path)).strip()
        stock = Stock(command.url, token)
        consumer = Consumer(tmp_path, command.url)
        consumer.token.write_text("of yesterday")
        async with consumer.running() as process:
            assert "UNAUTHENTICATED" in await consumer.says(process, "again")
            consumer.token.write_text(token)
            await stock.move(MOVES // 2, chance)
            moving = asyncio.create_task(stock.move(MOVES - MOVES // 2, chance))
            await consumer.says(process, "handled")
        kills = 1
        while consumer.handled < MOVES:
            async with consumer.running() as process:
                for _ in range(chance.randint(1, 6)):
                    await consumer.says(process, "handled")
                    if consumer.handled == MOVES:
                        break
                await asyncio.sleep(chance.uniform(0, 0.01))  # wherever it is by then
                process.kill()
                kills += 1
        await moving
        assert kills > 2  # it gets through much between being read and being killed

        log = log_of(commerce)
        handled = [(datetime.fromisoformat(at), sku) for at, sku in consumer.rows("SELECT at, sku FROM handled")]
        assert handled == log
        assert len(log) == MOVES
        counted = dict(consumer.rows("SELECT sku, moves FROM stock WHERE moves > 0"))
        assert counted == Counter(sku for _, sku in log)
        assert dict(consumer.rows("SELECT sku, available FROM stock")) == await stock.available()

        ((first,),) = consumer.rows("SELECT cursor FROM handled ORDER BY number LIMIT 1")
        consumer.cursor.write_text(first)
        with sqlite3.connect(commerce) as database:  # as the sweeping of old events does
            database.execute("DELETE FROM events WHERE sequence <= (SELECT max(sequence) - 10 FROM events)")
        with sqlite3.connect(consumer.database) as database:
            database.execute("UPDATE stock SET available = 0")
        async with consumer.running() as process:
            await consumer.says(process, "events were missed")
            await stock.move(1, chance)
            await consumer.says(process, "handled:")
        assert dict(consumer.rows("SELECT sku, available FROM stock")) == await stock.available()
        assert consumer.handled == MOVES + 1
        await stock.close()
