"""The page for browsers: its policy, its assets, the page that stands in for it; and who may sign in by a click."""

import gzip
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from starlette.types import ASGIApp

from datasources.actor import Actor
from gateway import people
from gateway.explorer import NOBODY, explorer
from tests.gateway.example import TOKENS, Script, example

ADA = Actor(UUID(int=7), frozenset({"books:read"}))
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HERE = "http://127.0.0.1:8000"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text(f"<!doctype html>{NOBODY}<p>Ours</p>")
    (assets / "app-1a.js").write_text("start()")
    (assets / "app-1a.js.gz").write_bytes(gzip.compress(b"start()"))
    (assets / "notes.txt").write_text("not for browsers")
    return tmp_path


@pytest.fixture
async def browser(script: Script, built: Path) -> AsyncIterator[httpx.AsyncClient]:
    async def known() -> Mapping[str, Actor]:
        return {"ada@example.com": ADA}

    app = example(script, explorer=explorer(people.PATH, built=built), routes=people.routes(known, TOKENS))
    async with _client(app) as client:
        yield client


def _client(app: ASGIApp, address: str = "127.0.0.1") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 1)), base_url=HERE)


async def test_browsers_see_our_page_and_it_may_ask_nobody_but_us(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/graphql", headers=BROWSER)
    assert page.text == '<!doctype html><meta name="heddle-people" content="/explorer/people"><p>Ours</p>'
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["worker-src"] == "'self'"
    assert "https:" not in str(policy)
    assert (page.headers["x-content-type-options"], page.headers["referrer-policy"]) == ("nosniff", "no-referrer")


async def test_assets_are_kept_for_ever_and_are_compressed_already(browser: httpx.AsyncClient) -> None:
    for coding in ("gzip", "identity"):
        asset = await browser.get("/explorer/assets/app-1a.js", headers={"Accept-Encoding": coding})
        assert (asset.text, asset.headers.get("content-encoding", "identity")) == ("start()", coding)
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert asset.headers["content-type"] == "text/javascript; charset=utf-8"
        assert asset.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("name", ["none.js", "app-1a.js.gz", "notes.txt", "..%2findex.html", "%2e%2e/index.html"])
async def test_nothing_but_assets_is_served(browser: httpx.AsyncClient, name: str) -> None:
    assert (await browser.get(f"/explorer/assets/{name}")).status_code == 404


async def test_unbuilt_a_page_says_so_and_loads_pinned_files_by_their_hashes(script: Script, tmp_path: Path) -> None:
    async with _client(example(script, explorer=explorer(people.PATH, built=tmp_path))) as client:
        page = await client.get("/graphql", headers=BROWSER)
    assert "The explorer is not built here" in page.text
    loaded = re.findall(r'<(?:script|link)[^>]*(?:src|href)="([^"]+)"\s+integrity="sha384-[\w+/]{64}"', page.text)
    assert len(loaded) == 4 == len(re.findall(r'(?:src|href)="', page.text))
    assert all(re.match(r"https://cdn\.jsdelivr\.net/npm/[a-z-]+@\d+\.\d+\.\d+/", url) for url in loaded)
    assert "script-src https://cdn.jsdelivr.net/npm/ 'sha256-" in page.headers["content-security-policy"]


def test_unbuilt_production_has_no_page(tmp_path: Path) -> None:
    assert explorer(stands_in=False, built=tmp_path) is None


async def test_who_is_at_this_machine_signs_in_by_a_click(browser: httpx.AsyncClient) -> None:
    known = await browser.get(people.PATH)
    assert known.json() == [{"email": "ada@example.com", "scopes": ["books:read"]}]
    own = {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}
    signed_in = await browser.post(f"{people.PATH}/ada@example.com", headers=own)
    assert signed_in.headers["cache-control"] == "no-store"
    assert await TOKENS.actor_of(signed_in.json()["token"]) == ADA


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Host": "evil.example:8000", "Origin": "http://evil.example:8000", "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_no_other_page_gets_a_token(browser: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for method, path in (("GET", people.PATH), ("POST", f"{people.PATH}/ada@example.com")):
        refused = await browser.request(method, path, headers=headers)
        assert (refused.status_code, "token" in refused.text) == (403, False)


async def test_no_other_machine_gets_a_token(script: Script) -> None:
    async def known() -> Mapping[str, Actor]:
        return {"ada@example.com": ADA}

    async with _client(example(script, routes=people.routes(known, TOKENS)), "192.0.2.1") as client:
        assert (await client.post(f"{people.PATH}/ada@example.com")).status_code == 403


async def test_nobody_signs_in_as_somebody_unknown(browser: httpx.AsyncClient) -> None:
    assert (await browser.post(f"{people.PATH}/mallory@example.com")).status_code == 404
