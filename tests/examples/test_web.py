"""examples/web against a gateway that serves its trusted documents and no others: generated, type-checked, run."""

import asyncio
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.examples.breaking import Breaking
from tests.server.command import ROOT, environment, started
from tests.server.test_documents import until

WEB = ROOT / "examples" / "web"
READY = shutil.which("node") is not None and (WEB / "node_modules").is_dir()
SERVER = (sys.executable, ROOT / "server.py")
PATIENCE_S = 120
TIDY = shutil.ignore_patterns("node_modules", "generated", "dist")

pytestmark = pytest.mark.skipif(
    not READY and "CI" not in os.environ, reason="needs node, and once: npm ci --prefix examples/web"
)


async def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """What it prints."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=environment(**variables), stdout=pipe, stderr=pipe
    )
    async with asyncio.timeout(PATIENCE_S):
        said, complaints = await process.communicate()
    assert process.returncode == 0, said.decode() + complaints.decode()
    return said.decode()


async def built(directory: Path, schema: str) -> Path:
    """The program, made of the schema that a gateway tells, as a front end's CI would."""
    web = directory / "web"
    shutil.copytree(WEB, web, ignore=TIDY)
    (web / "node_modules").symlink_to(WEB / "node_modules")
    await run("npm", "run", "--silent", "generate", cwd=web, SCHEMA=schema)
    await run("npm", "run", "--silent", "check", cwd=web)
    await run("npm", "run", "--silent", "build", cwd=web)
    return web


class Program:
    def __init__(self, web: Path, url: str, token: str) -> None:
        self._web = web
        self._variables = {"GATEWAY_URL": f"{url}/graphql", "GATEWAY_TOKEN": token}

    async def says(self, *words: str) -> list[Any]:
        said = await run("node", self._web / "dist/main.js", *words, cwd=self._web, **self._variables)
        return [json.loads(line) for line in said.splitlines()]

    @asynccontextmanager
    async def saying(self, *words: str) -> AsyncIterator[asyncio.StreamReader]:
        program = await asyncio.create_subprocess_exec(
            "node",
            self._web / "dist/main.js",
            *words,
            env=environment(**self._variables),
            stdout=asyncio.subprocess.PIPE,
        )
        assert program.stdout
        try:
            yield program.stdout
        finally:
            program.kill()
            await program.wait()


async def test_a_front_end_pages_orders_once_and_hears_of_every_event(tmp_path: Path) -> None:
    with started(tmp_path, "--scale", "0.005", HEDDLE_DOCUMENTS="trusted") as command:
        web = await built(tmp_path, f"{command.url}/schema.graphql")
        manifest = web / "src/generated/persisted-documents.json"
        ids = {text.split()[1].partition("(")[0]: id for id, text in json.loads(manifest.read_text()).items()}
        registered = await run(*SERVER, "documents", "add", "--client", "web", manifest, cwd=tmp_path)
        assert registered.startswith("Documents registered for 'web': 4;")
        until(lambda: "data" in command.ask({"documentId": ids["Products"], "variables": {"first": 1}}, {}))
        token = command.example()[1]["Authorization"].removeprefix("Bearer ")  # of Ada
        breaking = Breaking(int(command.url.rpartition(":")[2]))
        async with breaking.listening() as url:
            program = Program(web, url, token)

            pages = await program.says("products", "3")
            with sqlite3.connect(tmp_path / "data" / "commerce.db") as database:
                on_sale = {sku for (sku,) in database.execute("SELECT sku FROM products WHERE active")}
            skus = [product["sku"] for page in pages for product in page]
            assert (len(skus), set(skus)) == (len(on_sale), on_sale)
            assert {len(page) for page in pages[:-1]} == {3}

            declined = await program.says("order", "pm_card_chargeDeclined")
            assert declined == [{"say": "Your card was declined (generic_decline). Nothing was taken."}]

            async with program.saying("follow", "oldest") as events:
                breaking.lose(ids["PlaceOrder"])
                (ordered,) = await program.says("order", "pm_card_visa", "wish-1")
                assert breaking.lost == 1
                assert await program.says("order", "pm_card_visa", "wish-1") == [ordered]  # pressed twice
                id, number = ordered["order"].pop("id"), ordered["order"].pop("number")
                assert ordered["order"] == {
                    "status": "PLACED",
                    "total": {"amount": "270.96", "currency": "EUR"},
                    "lines": [
                        {"quantity": 1, "name": "Alba Titanium Pouch"},
                        {"quantity": 1, "name": "Alba Oak Floor Lamp"},
                        {"quantity": 1, "name": "Havn Terracotta Dibber"},
                    ],
                }
                first = json.loads(await events.readline())
                assert first["order"] == {"number": number, "status": "PLACED"}
                breaking.cut()
                cancelled = await program.says("cancel", id)
                assert cancelled == [{"order": {"number": number, "status": "CANCELLED"}, "problem": None}]
                second = json.loads(await events.readline())
            assert [first["type"], second["type"]] == ["ORDER_PLACED", "ORDER_CANCELLED"]
            assert first["cursor"] != second["cursor"]
        assert command.ask({"query": "{ __typename }"}, {})["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
