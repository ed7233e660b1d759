"""Figures: what is counted, by few labels, and who may read it."""

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from structlog.testing import capture_logs

from datasources.errors import SourceUnavailable
from datasources.rest import RestService
from gateway.metrics import routes
from tests.gateway.example import Held, Script, example
from tests.gateway.serving import Caller, served, soon
from tests.gateway.test_leaving import socket, subscribe
from tests.gateway_client import Gateway
from tests.metrics import Figures
from tests.rest.outside import Outside, json

TOKEN = "a token of the tests that is long enough"


async def test_operations_are_counted_by_kind_and_outcome(gateway: Gateway) -> None:
    figures = Figures()
    for query in ("{ takes }", "query Named { takes }", "{ raisesSync takes }", "{ nothing }", "{"):
        await gateway.ask(query)
    count = "heddle_operation_seconds_count"
    assert figures(count, kind="query", outcome="ok") == 2
    assert figures(count, kind="query", outcome="partial") == 1
    assert figures(count, kind="query", outcome="refused") == 1
    assert figures(count, kind="unknown", outcome="refused") == 1
    assert figures("heddle_errors_total", code="INTERNAL") == 1
    assert figures("heddle_errors_total", code="GRAPHQL_VALIDATION_FAILED") == 1
    assert figures("heddle_documents_read_total") == 5


async def test_no_label_has_a_value_that_strangers_made_up(gateway: Gateway) -> None:
    figures = Figures()
    requests = (
        {"query": "query Stranger { takes }"},
        {"query": "query A { stranger: takes }", "operationName": "stranger"},
        {"query": "{ stranger }"},
        {"query": "query @stranger { takes }"},
        {"query": 'query ($stranger: String = "stranger") { takes(number: $stranger) }'},
    )
    for request in requests:
        await gateway.http.post("/graphql", json=request)
    await gateway.http.post("/graphql", json={"query": 1}, headers={"X-Request-ID": "stranger"})
    grown = [
        figures.labelled(f"heddle_{name}", label)
        for name, label in (
            ("operation_seconds_count", "kind"),
            ("operation_seconds_count", "outcome"),
            ("errors_total", "code"),
        )
    ]
    assert grown == [
        {"query", "unknown"},
        {"ok", "refused"},
        {"BAD_REQUEST", "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"},
    ]


async def test_what_runs_and_what_is_open_is_told(script: Script) -> None:
    figures = Figures()
    held = script.work = Held()
    async with served(example(script)) as port:
        async with socket(port) as client:
            await subscribe(client, "{ slow }")
            await soon(held.began)
            writing = script.work = Held()
            caller = await Caller.asks(port, 'mutation { write(word: "x") }')
            await soon(writing.began)
            assert figures("heddle_sockets_open") == 1
            assert figures("heddle_operations_running") == 2
        await caller.hang_up()
        writing.let_go.set()
    assert figures("heddle_sockets_open") == 0
    assert figures("heddle_operations_running") == 0
    assert figures("heddle_operation_seconds_count", kind="query", outcome="cancelled") == 1
    assert figures("heddle_operation_seconds_count", kind="mutation", outcome="ok") == 1


async def test_batches_are_counted_by_their_edge(gateway: Gateway) -> None:
    figures = Figures()
    await gateway.data('{ pairs(keys: ["a", "b", "a", "c"]) { x } }')
    assert figures("heddle_batch_keys_count", batch="example.word") == 1
    assert figures("heddle_batch_keys_sum", batch="example.word") == 3


async def test_what_plans_do_not_cover_is_counted_by_the_reason(gateway: Gateway) -> None:
    figures = Figures()
    await gateway.data("{ __schema { queryType { name } } }")
    assert figures("heddle_plan_fallbacks_total", reason="introspection") == 1


async def test_services_are_counted_with_what_spared_them() -> None:
    figures = Figures()
    async with Outside().running() as outside:
        outside.says(json({}, 503), json({}, cache_control="max-age=60"))
        service = RestService("weather", outside.url)
        for _ in range(3):
            await service.get("/", answer=dict)
        await service.close()
    assert figures("heddle_call_seconds_count", source="weather", outcome="ok") == 3
    ways = ("sent", "cached", "retried")
    counted = [figures("heddle_service_requests_total", service="weather", how=how) for how in ways]
    assert counted == [1, 2, 1]


async def test_a_breaker_tells_when_it_opens_and_when_it_closes() -> None:
    figures = Figures()
    async with Outside().running() as outside:
        outside.says(json({}, 500))
        service = RestService("ferry", outside.url)
        with capture_logs() as logged:
            for _ in range(6):
                with pytest.raises(SourceUnavailable):
                    await service.post("/tickets", answer=dict)
            assert figures("heddle_service_left_alone", service="ferry") == 1
            outside.says(json({}))
            await service.check()
        await service.close()
    assert figures("heddle_service_left_alone", service="ferry") == 0
    assert figures("heddle_call_seconds_count", source="ferry", outcome="failed") == 6
    assert logged == [
        {
            "event": "service is left alone",
            "log_level": "warning",
            "service": "ferry",
            "failures": 5,
            "last": "/tickets: HTTP 500",
        },
        {"event": "service is back", "log_level": "info", "service": "ferry"},
    ]


@pytest.mark.parametrize(
    ("token", "public", "given", "code"),
    [
        (None, True, None, 200),
        (None, False, None, 404),
        (TOKEN, True, None, 401),
        (TOKEN, False, None, 401),
        (TOKEN, False, "Bearer another", 401),
        (TOKEN, False, TOKEN, 401),
        (TOKEN, False, f"Bearer {TOKEN}", 200),
    ],
)
async def test_figures_are_for_those_who_may_read_them(
    token: str | None, public: bool, given: str | None, code: int
) -> None:
    app = Starlette(routes=routes(SecretStr(token) if token else None, public=public))
    headers = {"Authorization": given} if given else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
        response = await http.get("/metrics", headers=headers)
    assert response.status_code == code
    assert ("heddle_operation_seconds" in response.text) is (code == 200)
    assert response.headers.get("WWW-Authenticate") == ("Bearer" if code == 401 else None)
