"""No input bends a call: it goes to the one service, to the one path, with the headers that we chose."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasources.errors import SourceRefused, SourceUnavailable
from datasources.rest import RestService
from tests.rest.conftest import Connect
from tests.rest.outside import Outside, http, json

NASTY = st.text("ab/\\.%2fF:@?#;&=+ \0\r\n\t\u2028\u202e\uff0f\uff0eé{}[]*~!'()$,|\x7f\ud800", max_size=16) | st.text()
many = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)


@pytest.fixture
async def elsewhere() -> AsyncIterator[Outside]:
    async with Outside().running() as server:
        yield server


@many
@given(id=NASTY)
async def test_an_id_is_one_segment_or_unknown(outside: Outside, shop: RestService, id: str) -> None:
    outside.asked.clear()
    unknown = None
    try:
        await shop.get("/items/{}/price", id, answer=dict)
    except SourceRefused as refused:
        unknown = refused.status
    if unknown is not None:
        assert (unknown, outside.asked) == (404, [])
        return
    [asked] = outside.asked
    before, items, segment, price = asked.target.split("/")
    assert (before, items, unquote(segment, errors="strict"), price) == ("", "items", id, "price")
    assert asked.headers["host"] == outside.url.removeprefix("http://")


@many
@given(value=NASTY.filter(lambda text: "\ud800" not in text), key=NASTY.filter(lambda text: "\ud800" not in text))
async def test_parameters_forms_and_keys_stay_what_they_are(
    outside: Outside, shop: RestService, value: str, key: str
) -> None:
    outside.asked.clear()
    await shop.get("/items", answer=dict, params={"q": value, "last": "z"})
    await shop.post("/items", answer=dict, form={"q": value, "last": "z"}, idempotency_key=key)
    read, written = outside.asked
    sent = [("q", value), ("last", "z")]
    path, _, query = read.target.partition("?")
    assert (path, parse_qsl(query, keep_blank_values=True)) == ("/items", sent)
    assert (written.target, parse_qsl(written.body.decode(), keep_blank_values=True)) == ("/items", sent)
    assert unquote(written.headers["idempotency-key"]) == key
    assert set(written.headers) - set(read.headers) == {"content-type", "content-length", "idempotency-key"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_answer_sends_our_credentials_elsewhere(
    outside: Outside, elsewhere: Outside, connect: Connect, status: int
) -> None:
    outside.says(
        http(status, location=elsewhere.url, link=f'<{elsewhere.url}>; rel="next"', refresh=f"0;{elsewhere.url}")
    )
    shop = connect(headers={"Authorization": "Bearer key"})
    with pytest.raises(SourceUnavailable):
        await shop.get("/items", answer=dict)
    assert elsewhere.asked == []


async def test_the_environment_puts_no_proxy_between(
    outside: Outside, elsewhere: Outside, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, elsewhere.url)
    outside.says(json({"a": 1}))
    assert await connect().get("/items", answer=dict) == {"a": 1}
    assert elsewhere.asked == []
