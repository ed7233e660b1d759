"""What is told of each operation: once, whatever became of it; and how it is written."""

import asyncio
import errno
import io
import json
import logging
import sys
from collections.abc import AsyncIterator, Iterator

import apsw
import pytest

from gateway.logs import configure_logs
from tests.gateway.example import SECRET, Held, Script, example
from tests.gateway.serving import Caller, served, soon
from tests.gateway_client import Gateway
from tests.logs import Log, logged


@pytest.fixture
def log() -> Iterator[Log]:
    with logged() as log:
        yield log


@pytest.fixture
async def port(script: Script) -> AsyncIterator[int]:
    async with served(example(script)) as port:
        yield port


async def test_an_operation_is_told_with_all_that_operators_ask_for(gateway: Gateway, log: Log) -> None:
    await gateway.ask("query Names { a { x } }")
    (entry,) = log.entries
    assert entry.pop("timestamp").endswith("Z")
    assert entry.pop("duration_ms") > 0
    assert len(entry.pop("request")) == 32
    assert entry == {
        "event": "operation",
        "level": "info",
        "actor": None,
        "kind": "query",
        "operation": "Names",
        "document": "2e026fa1c5195f92f91c74c75be55cf86684abf7dd44a7d902766d8f540e406a",
        "outcome": "ok",
        "codes": [],
        "cost": 10,
        "statements": 0,
        "calls": 0,
        "shared": False,
    }


@pytest.mark.parametrize(
    ("query", "outcome", "codes"),
    [
        ("{ takes }", "ok", []),
        ("{ raisesSync takes a { bad } }", "partial", ["INTERNAL", "INVALID_INPUT"]),
        ("{ nullInstead }", "failed", ["INTERNAL"]),
        ("{ nothing }", "refused", ["GRAPHQL_VALIDATION_FAILED"]),
        ("{", "refused", ["GRAPHQL_PARSE_FAILED"]),
        ("query A { takes } query B { takes }", "refused", ["BAD_USER_INPUT"]),
    ],
)
async def test_the_outcome_says_what_became_of_it(
    gateway: Gateway, log: Log, query: str, outcome: str, codes: list[str]
) -> None:
    await gateway.ask(query)
    assert log.of("operation", "outcome", "codes") == [(outcome, codes)]


async def test_a_name_that_a_stranger_made_up_is_not_told(gateway: Gateway, log: Log) -> None:
    await gateway.http.post("/graphql", json={"query": "{ takes }", "operationName": "ada@example.com"})
    await gateway.ask("query " + "x" * 500 + "{ takes }")
    assert log.of("operation", "operation") == [(None,), ("x" * 100,)]


async def test_a_query_without_its_client_is_cancelled(port: int, script: Script, log: Log) -> None:
    held = script.work = Held()
    caller = await Caller.asks(port, "{ slow }")
    await soon(held.began)
    await caller.hang_up()
    await soon(held.cancelled)
    assert log.of("operation", "outcome", "codes") == [("cancelled", [])]


async def test_a_mutation_without_its_client_is_told_by_its_end(script: Script, log: Log) -> None:
    held = script.work = Held()
    async with served(example(script)) as port:
        caller = await Caller.asks(port, 'mutation Keep { write(word: "kept") }')
        await soon(held.began)
        await caller.hang_up()
        assert log.of("operation", "outcome") == []
        held.let_go.set()
    assert log.of("operation", "operation", "outcome") == [("Keep", "ok")]


async def test_those_who_share_an_execution_are_told_apart(gateway: Gateway, script: Script, log: Log) -> None:
    held = script.work = Held()
    asked = [asyncio.create_task(gateway.ask("{ slow }")) for _ in range(3)]
    await soon(held.began)
    held.let_go.set()
    await asyncio.gather(*asked)
    assert sorted(log.of("operation", "shared", "outcome")) == [(False, "ok"), (True, "ok"), (True, "ok")]
    assert len(set(log.of("operation", "request"))) == 3


@pytest.mark.parametrize("given", ["7f3c", "req_01J:a.b=c-d", "x" * 64])
async def test_a_request_is_called_as_its_caller_calls_it(gateway: Gateway, log: Log, given: str) -> None:
    response = await gateway.http.post("/graphql", json={"query": "{ raisesSync }"}, headers={"X-Request-ID": given})
    assert response.headers["X-Request-ID"] == given
    assert response.json()["errors"][0]["extensions"]["requestId"] == given
    assert {entry["request"] for entry in log.entries} == {given}


@pytest.mark.parametrize("given", ["", " ", "x" * 65, "a b", "ada@example.com", "ä", "a\tb"])
async def test_a_request_id_that_is_none_is_replaced(gateway: Gateway, log: Log, given: str) -> None:
    headers = [(b"content-type", b"application/json"), (b"x-request-id", given.encode())]
    response = await gateway.http.post("/graphql", content=b"{", headers=headers)
    made = response.headers["X-Request-ID"]
    assert response.status_code == 400
    assert len(made) == 32
    assert [(entry["event"], entry["code"], entry["request"]) for entry in log.entries] == [
        ("request refused", "BAD_REQUEST", made)
    ]


def fail() -> None:
    """As those fail that hold what nobody else may know, in every place of an exception."""
    password = SECRET
    try:
        raise KeyError(password)
    except KeyError as error:
        causes = [ValueError(password), OSError(2, "No such file", password)]
        group = ExceptionGroup(password, causes)
        group.add_note(password)
        raise group from error


async def test_a_bug_is_told_with_its_message_in_development(gateway: Gateway) -> None:
    with logged() as log:
        answer = await gateway.ask("{ raisesAsync }")
    (line,) = (line for line in log.entries if line["event"] == "bug")
    assert line["level"] == "error"
    assert line["request"] == answer["errors"][0]["extensions"]["requestId"]
    assert line["exception"].endswith(f"RuntimeError: cannot log in with {SECRET}")
    assert json.dumps(line).count(SECRET) == 1, "the values of variables are not told"


async def test_in_production_a_bug_is_told_without_its_message(gateway: Gateway) -> None:
    with logged(messages=False) as log:
        await gateway.ask("{ raisesAsync }")
    (line,) = (line for line in log.entries if line["event"] == "bug")
    assert line["exception"].splitlines()[-2:] == [
        '    raise RuntimeError(f"cannot log in with {password}")',
        "builtins.RuntimeError",
    ]
    assert SECRET not in json.dumps(log.entries)


def test_in_production_a_database_says_by_its_code_what_it_refused() -> None:
    library = logging.getLogger("library")
    with logged(messages=False) as log:
        try:
            apsw.Connection("").execute("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (1)")
        except apsw.ConstraintError:
            library.exception("Lost")
    (line,) = log.entries
    assert line["exception"].splitlines()[-1] == "apsw.ConstraintError: extendedresult=1555"


def test_in_production_no_part_of_an_exception_says_its_message() -> None:
    library = logging.getLogger("library")
    with logged(messages=False) as log:
        try:
            fail()
        except ExceptionGroup:
            library.exception("Lost\nwhat: %s", SECRET)
    (line,) = log.entries
    assert (line["event"], line["level"]) == ("Lost", "error")
    assert [part for part in line["exception"].splitlines() if not part.startswith(" ")] == [
        "builtins.KeyError",
        "which led to:",
        "builtins.ExceptionGroup",
        "of these:",
        "builtins.ValueError",
        "of these:",
        "builtins.FileNotFoundError: strerror=No such file",
    ]
    assert SECRET not in json.dumps(log.entries)


async def test_what_is_logged_while_a_request_is_answered_says_of_which_it_is(gateway: Gateway, script: Script) -> None:
    async def work() -> None:
        logging.getLogger("library").warning("slow")

    script.work = work
    with logged() as log:
        await gateway.http.post("/graphql", json={"query": "{ slow }"}, headers={"X-Request-ID": "r-1"})
    assert [(line["event"], line["request"]) for line in log.entries if line["event"] == "slow"] == [("slow", "r-1")]


async def test_a_level_leaves_out_what_is_below(gateway: Gateway) -> None:
    with logged("warning") as log:
        await gateway.ask("{ raisesSync }")
    assert [line["event"] for line in log.entries] == ["bug"]


class FullDisk(io.BytesIO):
    def write(self, *_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


async def test_where_the_log_cannot_be_written_requests_are_answered(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = io.TextIOWrapper(FullDisk())
    monkeypatch.setattr(sys, "stderr", full)
    configure_logs()
    answer = await gateway.ask("{ raisesSync takes }")
    monkeypatch.undo()
    configure_logs()
    assert answer["data"] == {"raisesSync": None, "takes": 0}
