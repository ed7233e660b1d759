"""`ask`: one operation, by one person, from the command line."""

import asyncio
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx

from commands.environment import for_databases_alone
from commands.graph import variables_of
from commands.options import Asked, Asking, Data, Url, Variables
from commands.terminal import say_json
from commands.tokens import NO_DATA, NOT_HERE, token_of
from datasources.settings import Settings
from gateway.logs import configure_logs
from gateway.processes import CannotStart
from house import House, Own, opened

TIMEOUT_S = 120.0
TOKEN_HOLDS = timedelta(minutes=10)


def ask(query: Asked, /, *, as_: Asking = None, variables: Variables = "{}", url: Url = None, data: Data = None) -> int:
    """Asks the graph, for development, and prints the answer; exits with 1 where that has errors.

    Without --url no gateway has to run; what stands in for services is not there then.
    """
    body = {"query": sys.stdin.read() if query == "-" else query, "variables": variables_of(variables)}
    settings, own = for_databases_alone(data)
    if settings.env == "production":
        raise CannotStart(NOT_HERE)
    if not settings.data.is_dir():
        raise CannotStart(NO_DATA.format(settings.data))
    answer = asyncio.run(_answer(settings, own, body, as_, url))
    say_json(answer)
    return int("errors" in answer)


async def _answer(settings: Settings, own: Own, body: dict[str, Any], email: str | None, url: str | None) -> Any:
    async with opened(settings, own) as sources:
        headers = {}
        if email is not None:
            headers["Authorization"] = f"Bearer {await token_of(sources, settings, email, None, TOKEN_HOLDS)}"
        async with _asking(settings, own, sources, url) as http:
            try:
                response = await http.post("/graphql", json=body, headers=headers)
                return response.json()
            except httpx.HTTPError as error:
                said = str(error) or type(error).__name__
                raise CannotStart(f"{url} does not answer: {said}; start it, or leave out --url") from None
            except ValueError:
                raise CannotStart(f"What {url} answers is not JSON; name the address of a gateway") from None


def _asking(settings: Settings, own: Own, sources: Mapping[type, Any], url: str | None) -> httpx.AsyncClient:
    """To a gateway that runs, or to one made for this question: it serves any document, and does nothing else."""
    if url is not None:
        return httpx.AsyncClient(base_url=url.removesuffix("/graphql"), timeout=TIMEOUT_S)
    configure_logs("error")
    house = House(settings.model_copy(update={"documents": "any"}), own)
    house.sources.update(sources)
    return httpx.AsyncClient(transport=httpx.ASGITransport(house.app), base_url="http://here")
