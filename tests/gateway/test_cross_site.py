"""Pages of other sites can make nothing run here and read nothing, unless they are listed; services just ask."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from gateway.cross_site import SECURE
from tests.gateway.example import TOKENS, Script, example
from tests.gateway.serving import served
from tests.gateway_client import Gateway

LISTED = "https://shop.example.com"
FOREIGN = "https://evil.example.com"
OURS = "http://gateway"
ASKED = {"query": "{ takes }"}
ANSWER = {"data": {"takes": 0}}


@pytest.fixture
async def open_gateway(script: Script) -> AsyncIterator[Gateway]:
    """One that lists an origin."""
    gateway = Gateway(example(script, cors_origins=[LISTED, "capacitor://localhost"]), TOKENS)
    async with gateway.http:
        yield gateway


async def both(gateway: Gateway, headers: dict[str, str]) -> list[httpx.Response]:
    """The same by GET and by POST."""
    return [
        await gateway.http.get("/graphql", params=ASKED, headers=headers),
        await gateway.http.post("/graphql", json=ASKED, headers=headers),
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {},  # curl, other services
        {"Sec-Fetch-Mode": "cors"},  # node's fetch
        {"Sec-Fetch-Site": "none"},  # an address that somebody typed
        {"Sec-Fetch-Site": "same-origin", "Origin": OURS},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://known-by-another-name.example.com"},  # behind a proxy
        {"Origin": OURS},  # older browsers
        {"Origin": "https://gateway"},
    ],
    ids=str,
)
async def test_services_people_and_our_own_pages_may_ask(gateway: Gateway, headers: dict[str, str]) -> None:
    assert [response.json() for response in await both(gateway, headers)] == [ANSWER] * 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Site": "cross-site", "Origin": FOREIGN},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://other.gateway"},
        {"Sec-Fetch-Site": "cross-site", "Origin": OURS},  # the same host by another scheme
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Origin": FOREIGN},
        {"Origin": "null"},
        {"Origin": f"{OURS}.example.com"},
        {"Origin": "http://gateway:81"},
        {"Origin": f"{OURS}, {FOREIGN}"},
        {"Origin": ""},
        {"Sec-Fetch-Site": ""},
    ],
    ids=str,
)
async def test_pages_of_other_sites_run_nothing(gateway: Gateway, script: Script, headers: dict[str, str]) -> None:
    for response in await both(gateway, headers):
        assert response.status_code == 403
        (error,) = response.json()["errors"]
        assert error["extensions"] == {"code": "CROSS_SITE"}
        assert "access-control-allow-origin" not in response.headers
    assert script.contexts == []


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_forms_run_nothing_even_in_browsers_that_say_nothing(
    gateway: Gateway, script: Script, content_type: str
) -> None:
    """These need no leave of ours to be sent."""
    headers = {"Content-Type": content_type}
    response = await gateway.http.post("/graphql", content=json.dumps(ASKED), headers=headers)
    assert response.status_code == 415
    assert script.contexts == []


def preflight(origin: str, method: str = "POST", headers: str = "content-type") -> dict[str, str]:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return {"Origin": origin, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"} | asked


async def test_nobody_gets_leave_where_nobody_is_listed(gateway: Gateway) -> None:
    response = await gateway.http.options("/graphql", headers=preflight(LISTED))
    assert not [name for name in response.headers if name.startswith("access-control")]


async def test_listed_pages_get_leave_and_can_read(open_gateway: Gateway) -> None:
    asked = preflight(LISTED, headers="authorization,content-type,x-apollo-operation-name")
    leave = await open_gateway.http.options("/graphql", headers=asked)
    assert leave.status_code == 200
    assert leave.headers["access-control-allow-origin"] == LISTED
    assert leave.headers["access-control-allow-methods"] == "GET, POST, PUT, DELETE"
    assert leave.headers["access-control-allow-headers"] == "authorization,content-type,x-apollo-operation-name"
    assert leave.headers["access-control-max-age"] == "7200"
    assert "Origin" in leave.headers["vary"]
    for response in await both(open_gateway, {"Origin": LISTED, "Sec-Fetch-Site": "cross-site"}):
        assert response.json() == ANSWER
        assert response.headers["access-control-allow-origin"] == LISTED
        assert (
            response.headers["access-control-expose-headers"]
            == "RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
        )
        assert response.headers["vary"] == "Accept, Accept-Encoding, Origin"


async def test_listed_pages_can_read_what_was_wrong(open_gateway: Gateway) -> None:
    response = await open_gateway.http.post("/graphql", content=b"{", headers={"Origin": LISTED})
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (415, LISTED)


@pytest.mark.parametrize("origin", [FOREIGN, "null", f"{LISTED}.evil.example.com", "http://shop.example.com"])
async def test_others_get_no_leave(open_gateway: Gateway, origin: str) -> None:
    refused = await open_gateway.http.options("/graphql", headers=preflight(origin))
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers
    for response in await both(open_gateway, {"Origin": origin, "Sec-Fetch-Site": "cross-site"}):
        assert response.status_code == 403
        assert "access-control-allow-origin" not in response.headers


async def test_credentials_of_browsers_are_never_asked_for(open_gateway: Gateway) -> None:
    responses = await both(open_gateway, {"Origin": LISTED})
    responses.append(await open_gateway.http.options("/graphql", headers=preflight(LISTED)))
    for response in responses:
        assert "access-control-allow-credentials" not in response.headers
        assert "set-cookie" not in response.headers


async def test_answers_do_not_depend_on_who_is_listed_but_say_that_they_could(open_gateway: Gateway) -> None:
    for response in await both(open_gateway, {}):
        assert response.json() == ANSWER
        assert "access-control-allow-origin" not in response.headers
        assert response.headers["vary"] == "Accept, Accept-Encoding, Origin"


@pytest.mark.parametrize(
    ("origin", "admitted"),
    [(None, True), ("ours", True), (LISTED, True), ("capacitor://localhost", True), (FOREIGN, False), ("null", False)],
)
@pytest.mark.parametrize("path", ["/graphql", "/graphql/"])
async def test_sockets_open_for_services_and_our_own_and_listed_pages(
    script: Script, path: str, origin: str | None, admitted: bool
) -> None:
    async with served(example(script, cors_origins=[LISTED, "capacitor://localhost"])) as port:
        said = f"http://127.0.0.1:{port}" if origin == "ours" else origin
        opening = connect(
            f"ws://127.0.0.1:{port}{path}",
            origin=Origin(said) if said else None,
            subprotocols=[Subprotocol("graphql-transport-ws")],
            proxy=None,
        )
        if admitted:
            async with opening as client:
                await client.send('{"type": "connection_init"}')
                assert await client.recv() == '{"type":"connection_ack"}'
            return
        with pytest.raises(InvalidStatus) as refused:
            async with opening:
                pass
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *((method, "/graphql") for method in ("POST", "GET", "PUT", "OPTIONS")),
        *(("GET", path) for path in ("/nowhere", "/health/live", "/health/ready")),
    ],
)
async def test_every_answer_says_how_browsers_shall_treat_it(gateway: Gateway, method: str, path: str) -> None:
    response = await gateway.http.request(method, path, json=ASKED)
    secure = {name.decode(): value.decode() for name, value in SECURE}
    assert secure == {"x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "no-referrer"}
    assert {name: response.headers.get(name) for name in secure} == secure
