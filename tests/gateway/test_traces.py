"""Traces, as a collector gets them."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from datasources.rest import RestService
from datasources.settings import WrongSetting
from datasources.sql import Database
from gateway import traces
from tests.collector import collected
from tests.gateway.example import SECRET, Held, Script, example
from tests.gateway.serving import Caller, served, soon
from tests.gateway_client import Gateway
from tests.logs import logged
from tests.rest.outside import Outside, json

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


async def ask(gateway: Gateway, query: str, **headers: str) -> None:
    await gateway.http.post("/graphql", json={"query": query}, headers=headers)


async def test_an_operation_its_batches_and_its_calls_are_one_trace(
    gateway: Gateway, script: Script, database: Database
) -> None:
    async with Outside().running() as outside, collected() as collector:
        outside.says(json({}, 503), json([1, 2, 3]))
        service = RestService("weather", outside.url)

        async def work() -> None:
            await database.scalar(sa.select(sa.literal(1)))
            await service.get("/days/{}", "monday", answer=list)

        script.work = work
        await ask(gateway, "query Named { slow a { x } }", **{"X-Request-ID": "r-1"})
        await service.close()
    operation = collector.named("query")
    assert (operation.kind, operation.parent, operation.error) == ("SERVER", "", None)
    assert operation.attributes.pop("heddle.document")
    assert operation.attributes.pop("heddle.cost") > 0
    assert operation.attributes == {
        "graphql.operation.type": "query",
        "graphql.operation.name": "Named",
        "heddle.request": "r-1",
        "heddle.outcome": "ok",
        "heddle.codes": [],
        "heddle.shared": False,
    }
    batch = collector.named("example.word")
    assert (batch.kind, batch.attributes) == ("INTERNAL", {"heddle.keys": 1})
    statement, call = collector.named("notes statement"), collector.named("weather /days/{}")
    assert (statement.kind, statement.attributes["heddle.rows"]) == ("CLIENT", 1)
    assert call.attributes == {
        "peer.service": "weather",
        "url.template": "/days/{}",
        "heddle.requests": 1,
        "heddle.cached": 0,
        "heddle.retries": 1,
        "heddle.rows": 3,
    }
    assert {span.parent for span in (batch, statement, call)} == {operation.id}
    assert {span.trace for span in collector.spans} == {operation.trace}
    assert all(0 < span.duration_ns <= operation.duration_ns for span in collector.spans)
    assert {headers["service.name"] for headers in collector.resources} == {"heddle"}
    carried = [asked.headers["traceparent"].rpartition("-")[0] for asked in outside.asked]
    assert carried == [f"00-{call.trace}-{call.id}"] * 2


async def test_the_log_says_which_trace_an_operation_is(gateway: Gateway) -> None:
    with logged() as log:
        async with collected() as collector:
            await ask(gateway, "{ takes }")
        await ask(gateway, "{ takes }")
    assert [entry.get("trace") for entry in log.entries] == [collector.named("query").trace, None]


async def test_a_trace_goes_on_where_it_came_from(gateway: Gateway) -> None:
    async with collected() as collector:
        await ask(gateway, "{ takes }", traceparent=f"00-{TRACE}-{PARENT}-01", tracestate="vendor=7")
        await ask(gateway, "{ takes }", traceparent=f"00-{TRACE}-{PARENT}-00")
        await ask(gateway, "{ takes }", traceparent="of course")
    mine, fresh = collector.spans
    assert (mine.trace, mine.parent) == (TRACE, PARENT)
    assert fresh.trace != TRACE
    assert fresh.parent == ""


async def test_a_request_that_nobody_follows_is_still_part_of_its_trace(gateway: Gateway, script: Script) -> None:
    async with Outside().running() as outside, collected() as collector:
        service = RestService("weather", outside.url)

        async def work() -> None:
            await service.get("/", answer=dict)

        script.work = work
        await ask(gateway, "{ slow }", traceparent=f"00-{TRACE}-{PARENT}-00")
        await service.close()
    assert collector.spans == []
    (asked,) = outside.asked
    assert re.fullmatch(f"00-{TRACE}-[0-9a-f]{{16}}-0[02]", asked.headers["traceparent"]), "not sampled"


async def test_spans_tell_what_failed_and_nothing_of_why(gateway: Gateway, script: Script) -> None:
    async with Outside().running() as outside, collected() as collector:
        outside.says(json(SECRET, 500))
        service = RestService("weather", outside.url)

        async def work() -> None:
            await service.post("/days", answer=dict, json={"secret": SECRET})

        script.work = work
        await ask(gateway, "{ slow }")
        await ask(gateway, "{ nullInstead }")
        await ask(gateway, "{ raisesSync }")
        await service.close()
    assert collector.named("weather /days").error == ""
    outcomes = [(span.attributes["heddle.outcome"], span.error) for span in collector.spans if span.kind == "SERVER"]
    assert outcomes == [("partial", None), ("failed", "INTERNAL"), ("partial", None)]
    assert SECRET.encode() not in collector.bodies


async def test_operations_at_once_keep_their_calls_apart(gateway: Gateway) -> None:
    async with collected() as collector:
        await asyncio.gather(*(ask(gateway, f'{{ pairs(keys: ["{key}"]) {{ x }} }}') for key in range(20)))
    operations = [span for span in collector.spans if span.kind == "SERVER"]
    assert len({span.trace for span in operations}) == 20
    assert [[below.name for below in collector.below(span)] for span in operations] == [["example.word"]] * 20


async def test_who_leaves_ends_the_span(script: Script) -> None:
    held = script.work = Held()
    async with collected() as collector, served(example(script)) as port:
        caller = await Caller.asks(port, "{ slow }")
        await soon(held.began)
        await caller.hang_up()
        await soon(held.cancelled)
    assert collector.named("query").attributes["heddle.outcome"] == "cancelled"


async def test_what_the_house_does_by_itself_is_no_trace(database: Database) -> None:
    async with collected() as collector:
        await database.check()
    assert collector.spans == []


async def test_a_collector_that_is_gone_holds_nothing_up(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(traces, "FLUSH_S", 0.1)
    traces.start()
    await gateway.data("{ takes }")
    async with asyncio.timeout(5):
        await traces.stop()


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_the_environment_says_whether(variables: dict[str, str], wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert traces.wanted() is wanted


def test_another_protocol_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with pytest.raises(WrongSetting, match="OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc', but traces are sent by http/protob"):
        traces.wanted()


def test_nothing_is_imported_for_traces_that_nobody_wants() -> None:
    code = "import sys, house; house.traces.start(); print(*[n for n in sys.modules if n.startswith('opentelemetry')])"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
