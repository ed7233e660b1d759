"""The gateway as tests use it: the whole application in this process, asked over HTTP messages."""

from collections import Counter
from typing import Any

import httpx
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
        with calls.collected() as made:
            response = await self.http.post(
                "/graphql", json={"query": query, "variables": variables or {}}, headers=self.headers(as_)
            )
        self.calls = Counter(call.name for call in made)
        unsaid = {call.name for call in made if call.kind == "rest"} & local_batches()
        assert not unsaid, f"{unsaid} call a service: say `remote=True`, so that edges to them must be nullable"
        return response.json()

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
