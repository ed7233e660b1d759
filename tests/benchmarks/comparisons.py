"""The comparisons: who is asked what, in turn, round by round."""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import orjson
import uvloop

from tests.benchmarks import feed, inside
from tests.benchmarks.data import a_product, copied, places_apart, top_up
from tests.benchmarks.load import GENERATOR, Request, Round, ask, measure, middle
from tests.benchmarks.questions import LOOKUP, NESTED, NESTED_REST, PEERS, QUESTIONS, Question, callers, growing
from tests.benchmarks.report import Report, Row
from tests.benchmarks.servers import PEERS as PEER_SERVERS
from tests.benchmarks.servers import Server, started
from tests.benchmarks.subscribers import BURSTS, SINGLY, Heard, Pace, crowd, heard
from tests.redis_server import redis_server

CALLERS = 1_000
NEW_DOCUMENTS = 3_000
"""More than the gateway keeps, so that none is known when it comes again."""
SIZES = ((1, 10), (10, 10), (100, 10), (100, 100))
"""Customers, and orders of each."""

LISTENERS = 200
HEARD_EVENTS = 1_000
CROWD, DEAF = 1_000, 100

Requests = Callable[[Server, Question], list[Request]]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Each comparison starts the servers that it needs, of those wanted, and reports."""

    data: Path
    wanted: Sequence[str]
    connections: int
    rounds: int
    seconds: float
    report: Report

    def floor(self) -> None:
        with self._running("floor", "gateway", "graphql-core") as servers:
            self._compare("The gateway beside the floor", servers, QUESTIONS, self._different)

    def peers(self) -> None:
        with self._running("floor", "gateway", *PEER_SERVERS) as servers:
            self._compare("The gateway beside its peers", servers, [PEERS], self._different)

    def identical(self) -> None:
        with self._running("floor", "gateway") as servers:
            self._compare("Identical queries at once", servers, [NESTED], self._identical)

    def documents(self) -> None:
        with self._running("gateway") as servers:
            self._compare("Documents that are known", servers, [NESTED, LOOKUP], self._different)
            self._compare("Documents that nobody sent before", servers, [NESTED, LOOKUP], self._new)
        self.report.add("A document when it comes first", inside.documents(QUESTIONS))
        self.report.add("What is kept of documents", inside.kept())
        self.report.add("What hostile documents take, at the most", inside.hostile())

    def growth(self) -> None:
        data = copied(self.data, self.data / "growth")
        top_up(data, customers=100, orders=100)
        with self._running("gateway", "graphql-core", data=data) as servers:
            rows = [self._grown(server, customers, orders) for server in servers for customers, orders in SIZES]
        self.report.add(f"Growth, one connection ({GENERATOR})", rows)
        os.environ["HEDDLE_DATA"] = str(data)
        self.report.add("Memory of an answer", inside.memory([growing(*size) for size in SIZES]))
        os.environ["HEDDLE_DATA"] = str(self.data)

    def subscribers(self) -> None:
        with _redis():
            with self._running("gateway", *PEER_SERVERS) as servers:
                rows = [row for pace in (BURSTS, SINGLY) for row in self._heard(servers, pace)]
            self.report.add(f"{LISTENERS} subscribers, median of {self.rounds} rounds", rows)
            with self._running("gateway") as servers:
                for server in servers:
                    rows = uvloop.run(crowd(server, self.data, CROWD, DEAF))
                    self.report.add("Many subscribers of the gateway", rows)

    def _heard(self, servers: list[Server], pace: Pace) -> list[Row]:
        events = HEARD_EVENTS if pace is BURSTS else HEARD_EVENTS // 10
        rounds: dict[str, list[Heard]] = {server.name: [] for server in servers}
        for _ in range(self.rounds):
            for server in servers:
                rounds[server.name].append(uvloop.run(heard(server, self.data, LISTENERS, events, pace)))
        middles = {name: sorted(ones, key=lambda one: one.per_second)[len(ones) // 2] for name, ones in rounds.items()}
        gateway = middles.get("gateway")
        return [
            {
                "events": pace.name,
                "server": name,
                "messages/s": one.per_second,
                "CPU µs": one.cpu_us,
                "clients' core": one.load,
                **({"gateway / server": gateway.per_second / one.per_second} if gateway else {}),
            }
            for name, one in middles.items()
        ]

    def feed(self) -> None:
        self.report.add("A page of the feed, SQLite", asyncio.run(feed.growth(self.data)))

    @contextmanager
    def _running(self, *names: str, data: Path | None = None) -> Iterator[list[Server]]:
        with ExitStack() as stack:
            yield [stack.enter_context(started(name, data or self.data)) for name in names if name in self.wanted]

    def _compare(self, title: str, servers: list[Server], questions: Sequence[Question], requests: Requests) -> None:
        rows: list[Row] = []
        for question in questions:
            sent = {server.name: requests(server, question) for server in servers}
            _same([of_server[0] for of_server in sent.values()])
            rounds: dict[str, list[Round]] = {server.name: [] for server in servers}
            for _ in range(self.rounds):
                for server in servers:
                    rounds[server.name].append(self._measure(sent[server.name], server, self.connections))
            rows += _rows(question, {name: middle(of_server) for name, of_server in rounds.items()})
        how = f"{self.connections} connections ({GENERATOR}), median of {self.rounds} x {self.seconds:g} s"
        self.report.add(f"{title}: {how}", rows)

    def _measure(self, requests: list[Request], server: Server, connections: int) -> Round:
        return measure(requests, server.process, connections=connections, seconds=self.seconds)

    def _grown(self, server: Server, customers: int, orders: int) -> Row:
        question = growing(customers, orders)
        one = self._measure(self._identical(server, question), server, 1)
        micros = 1000 * one.median_ms / (customers * orders)
        return {"query": question.name, "server": server.name, "median ms": one.median_ms, "µs a row": micros}

    def _identical(self, server: Server, question: Question) -> list[Request]:
        return [self._request(server, question, question.query, callers(1)[0], {})]

    def _different(self, server: Server, question: Question) -> list[Request]:
        """One actor never asks twice at once, so that the gateway shares no execution: what it does is measured.

        Nor does any of them ask for what another is asking a service for, which both servers would share by chance.
        """
        asked = zip(callers(CALLERS), cycle(self._variables(question)))
        return [self._request(server, question, question.query, *one) for one in asked]

    def _new(self, server: Server, question: Question) -> list[Request]:
        headers, variables = callers(1)[0], self._variables(question)[0]
        return [
            self._request(server, question, question.renamed(f"n{i:05}"), headers, variables)
            for i in range(NEW_DOCUMENTS)
        ]

    def _variables(self, question: Question) -> list[dict[str, str]]:
        if question is LOOKUP:
            return [{"id": a_product(self.data)}]
        if question is NESTED_REST:
            return [{"after": place} for place in places_apart(self.data, customers=20)]
        return [{}]

    def _request(
        self, server: Server, question: Question, query: str, headers: dict[str, str], variables: dict[str, str]
    ) -> Request:
        return Request(server.address(question), headers, orjson.dumps({"query": query, "variables": variables}))


@contextmanager
def _redis() -> Iterator[None]:
    """By which the writer's process wakes the gateway."""
    with redis_server() as redis:
        os.environ["HEDDLE_REDIS_URL"] = redis.url
        try:
            yield
        finally:
            del os.environ["HEDDLE_REDIS_URL"]


def _same(requests: list[Request]) -> None:
    """All must answer the same, or the comparison means nothing."""
    answers = [orjson.loads(ask(request)) for request in requests]
    for request, answer in zip(requests, answers, strict=True):
        if answer != answers[0] or "errors" in answer:
            raise SystemExit(f"{requests[0].url} and {request.url} differ:\n{answers[0]}\n{answer}"[:4_000])


def _rows(question: Question, rounds: dict[str, Round]) -> list[Row]:
    gateway = rounds.get("gateway")
    return [
        {
            "query": question.name,
            "server": name,
            "requests/s": one.per_second,
            "median ms": one.median_ms,
            "p99 ms": one.p99_ms,
            "CPU ms": one.cpu_ms,
            "MiB": one.memory_mib,
            "failed": one.failed,
            **({"gateway / server": gateway.per_second / one.per_second} if gateway and len(rounds) > 1 else {}),
        }
        for name, one in rounds.items()
    ]
