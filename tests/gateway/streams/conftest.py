from collections.abc import AsyncIterator

import httpx
import pytest

from tests.gateway.example import Script, example
from tests.gateway.serving import PATIENCE_S, served


@pytest.fixture
async def http(script: Script) -> AsyncIterator[httpx.AsyncClient]:
    """At the address of the graph, over a real server."""
    async with (
        served(example(script)) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/graphql", timeout=PATIENCE_S) as http,
    ):
        yield http
