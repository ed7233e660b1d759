"""Keeps a copy of the shop's stock in a database of its own, and misses no change of it, whatever is killed meanwhile.

    GATEWAY_TOKEN_FILE=token.txt uv run examples/service/consumer.py stock.db

Each event is handled at least once, in order: its cursor gets into a file only after its effect is on disk. What is
handled again has no effect again, since the effect is written with the cursor of its event, in one transaction: exactly
once.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["httpx>=0.28", "httpx-sse>=0.4"]
# ///

import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import httpx
from httpx_sse import SSEError, connect_sse

Event = dict[str, Any]

PAUSE_S, LONGEST_PAUSE_S = 0.1, 30.0
SILENT_S = 30.0
"""The gateway says something every 12 seconds, be it that there is nothing new."""

FATAL = ("FORBIDDEN", "BAD_REQUEST", "INVALID_INPUT", "GRAPHQL_VALIDATION_FAILED", "DOCUMENT_NOT_TRUSTED")
"""Where to ask again helps nobody; a token that does not hold may be renewed by then."""

MOVED = """
subscription StockMoved($after: Cursor!) {
  commerceEvents(types: [STOCK_MOVED], after: $after) {
    cursor at ... on StockEvent { available product { sku } }
  }
}
"""
STOCK = """
query Stock($after: String) {
  products(first: 100, after: $after) { nodes { sku available } pageInfo { hasNextPage endCursor } }
}
"""


class Refused(Exception):
    """The gateway says no; `code` is one of README's table."""

    def __init__(self, error: Event) -> None:
        super().__init__(error["message"])
        self.extensions = error.get("extensions", {})
        self.code = self.extensions.get("code", "")


class Gateway:
    """`token` is asked for each connection, so that whoever issues tokens can renew it meanwhile."""

    def __init__(self, url: str, token: Callable[[], str]) -> None:
        self._url = url
        self._token = token
        self._http = httpx.Client(timeout=httpx.Timeout(10.0, read=SILENT_S))

    def ask(self, query: str, variables: Event) -> Event:
        """Raises: Refused, httpx.HTTPError, ValueError where the answer is none of GraphQL."""
        response = self._http.post(self._url, json={"query": query, "variables": variables}, headers=self._headers())
        return _data(response.json())

    def subscribe(self, query: str, variables: Event) -> Iterator[Event]:
        """Until the connection breaks, or its server ends. Raises as `ask`, and SSEError."""
        body = {"query": query, "variables": variables}
        with connect_sse(self._http, "POST", self._url, json=body, headers=self._headers()) as source:
            if source.response.status_code != httpx.codes.OK:
                source.response.read()
                _data(source.response.json())
            for event in source.iter_sse():
                if event.event == "next":
                    yield _data(json.loads(event.data))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token()}"}


def _data(answer: Event) -> Event:
    if answer.get("errors"):
        raise Refused(answer["errors"][0])
    data: Event = answer["data"]
    return data


class CursorFile:
    """Where to go on. It holds the old cursor or the new one, and never half of one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str | None:
        return self._path.read_text() if self._path.exists() else None

    def write(self, cursor: str) -> None:
        new = self._path.with_suffix(".new")
        with new.open("w") as file:
            file.write(cursor)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)  # else a machine that loses power may forget the new name
        finally:
            os.close(directory)


class Replica:
    """The stock, as it was told. `moves` counts the events of a product: what must not be counted twice."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path)
        self._database.executescript(
            "PRAGMA synchronous = FULL;"
            "CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, available INT, moves INT NOT NULL DEFAULT 0);"
            "CREATE TABLE IF NOT EXISTS handled (number INTEGER PRIMARY KEY, cursor TEXT UNIQUE, at TEXT, sku TEXT);"
        )

    def apply(self, event: Event) -> bool:
        """Whether it was new."""
        product = event["product"]
        with self._database as transaction:
            row = (event["cursor"], event["at"], product and product["sku"])
            new = transaction.execute("INSERT OR IGNORE INTO handled (cursor, at, sku) VALUES (?, ?, ?)", row).rowcount
            if new and product:
                self._set(product["sku"], event["available"], moves=1)
        return bool(new)

    def read_anew(self, gateway: Gateway) -> None:
        """The stock of every product as it is now, from the gateway: where events were missed, or at first."""
        after = None
        while True:
            page = gateway.ask(STOCK, {"after": after})["products"]
            with self._database:
                for product in page["nodes"]:
                    self._set(product["sku"], product["available"], moves=0)
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def _set(self, sku: str, available: int, moves: int) -> None:
        self._database.execute(
            "INSERT INTO stock VALUES (:sku, :available, :moves) "
            "ON CONFLICT DO UPDATE SET available = :available, moves = moves + :moves",
            {"sku": sku, "available": available, "moves": moves},
        )


def consume(gateway: Gateway, replica: Replica, file: CursorFile) -> NoReturn:
    """For ever; after whatever goes wrong it goes on behind the last cursor. Raises: Refused, where no retry helps."""
    failed = 0
    while True:
        try:
            cursor = file.read()
            if cursor is None:
                replica.read_anew(gateway)
                cursor = "oldest"
            for data in gateway.subscribe(MOVED, {"after": cursor}):
                event = data["commerceEvents"]
                new = replica.apply(event)
                file.write(event["cursor"])
                failed = 0
                say("handled" if new else "handled before", event["at"])
            why = "the stream ended"
        except Refused as refused:
            if refused.code == "CURSOR_EXPIRED":
                say("events were missed", "reading the stock anew")
                replica.read_anew(gateway)
                file.write(refused.extensions["oldest"])
                continue
            if refused.code in FATAL:
                raise
            why = f"{refused.code}: {refused}"
        except (httpx.HTTPError, SSEError, ValueError) as error:
            why = f"{type(error).__name__}: {error}"
        failed += 1
        pause_s = min(LONGEST_PAUSE_S, PAUSE_S * 2**failed) * random.uniform(0.5, 1.0)
        say("again", f"in {pause_s:.1f} s; {why}")
        time.sleep(pause_s)


def say(what: str, more: str) -> None:
    sys.stdout.write(f"{what}: {more}\n")
    sys.stdout.flush()


def main(database: str = "stock.db") -> None:
    path = Path(database).absolute()
    token = Path(os.environ["GATEWAY_TOKEN_FILE"])
    gateway = Gateway(os.environ.get("GATEWAY_URL", "http://127.0.0.1:8000/graphql"), lambda: token.read_text().strip())
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # as it may be killed at any moment, it takes no leave
    consume(gateway, Replica(path), CursorFile(path.with_suffix(".cursor")))


if __name__ == "__main__":
    main(*sys.argv[1:])
