"""The gateway as tests use it: the whole application in this process, asked over HTTP messages."""

from collections import Counter
from copy import deepcopy
from typing import Any

import httpx
import orjson
from starlette.applications import Starlette

from datasources import calls
from datasources.actor import ANONYMOUS, Actor
from gateway.identity import Tokens
from loaders.batch import Batch, LoaderSet


def local_batches() -> set[str]:
    """The names of the batches that are said to call no service."""
    declared = (batch for loaders in LoaderSet.__subclasses__() for batch in vars(loaders).values())
    return {batch.name for batch in declared if isinstance(batch, Batch) and not batch.remote}


class Gateway:
    """`answer = await gateway.ask(QUERY, as_=ada)`; then `gateway.calls` counts the last answer's statements and calls.

    A call is named by the edge that it was made for, or else by its table or path.
    """

    def __init__(self, app: Starlette, tokens: Tokens) -> None:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://gateway")
        self.tokens = tokens
        self.calls: Counter[str] = Counter()

    async def ask(self, query: str, variables: dict[str, Any] | None = None, *, as_: Actor = ANONYMOUS) -> Any:
        """The whole response: `data`, and `errors` where there are any."""
        return (await self._response(query, variables, self.headers(as_))).json()

    async def parts(
        self, query: str, variables: dict[str, Any] | None = None, *, as_: Actor = ANONYMOUS
    ) -> tuple[Any, Any]:
        """The `data` of the first part of a response, and as it is in the end; it must have no errors."""
        headers = self.headers(as_) | {"Accept": "text/event-stream"}
        lines = (await self._response(query, variables, headers)).text.splitlines()
        first, *late = [orjson.loads(line[len("data: ") :]) for line in lines if line.startswith("data: {")]
        assert "errors" not in str([first, *late])
        whole = deepcopy(first["data"])
        for piece in (piece for part in late for piece in part.get("incremental", ())):
            _merge(whole, piece)
        return first["data"], whole

    async def _response(self, query: str, variables: dict[str, Any] | None, headers: dict[str, str]) -> httpx.Response:
        with calls.collected() as made:
            response = await self.http.post(
                "/graphql", json={"query": query, "variables": variables or {}}, headers=headers
            )
        self.calls = Counter(call.name for call in made)
        unsaid = {call.name for call in made if call.kind == "rest"} & local_batches()
        assert not unsaid, f"{unsaid} call a service: say `remote=True`, so that edges to them must be nullable"
        return response

    async def data(self, query: str, variables: dict[str, Any] | None = None, *, as_: Actor = ANONYMOUS) -> Any:
        """The `data` of an answer that must have no errors."""
        answer = await self.ask(query, variables, as_=as_)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def refused(
        self, query: str, variables: dict[str, Any] | None = None, *, as_: Actor = ANONYMOUS
    ) -> list[str]:
        """The codes of an answer that must have errors."""
        answer = await self.ask(query, variables, as_=as_)
        return [error["extensions"]["code"] for error in answer["errors"]]

    def headers(self, actor: Actor) -> dict[str, str]:
        if actor.id is None:
            return {}
        return {"Authorization": f"Bearer {self.tokens.issue(actor.id, actor.scopes, 3600)}"}


def _merge(whole: Any, piece: dict[str, Any]) -> None:
    *above, last = ["data", *piece["path"]] if "data" in piece else piece["path"]
    place: Any = {"data": whole} if "data" in piece else whole
    for key in above:
        place = place[key]
    if "items" in piece:
        assert len(place) == last
        place += piece["items"]
    else:
        _merge_fields(place[last], piece["data"])


def _merge_fields(into: dict[str, Any], fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if isinstance(value, dict) and name in into:
            _merge_fields(into[name], value)
        else:
            into[name] = value
