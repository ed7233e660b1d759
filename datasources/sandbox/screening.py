"""The screening service: of yente's API the one endpoint that matches names, against a list of made-up persons."""

import unicodedata
from difflib import SequenceMatcher
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from datasources.sandbox.web import json_response

LISTED = ("Viktor Krumov", "Lady Morgana Blackwood", "Ivan Terriblesky", "Doctor Maximilian Void")
_THRESHOLD = 0.7
_LIMIT = 5
_BATCH = 100


def screening_app() -> Starlette:
    async def match(request: Request) -> Response:
        try:
            queries = orjson.loads(await request.body())["queries"]
            names = {key: [str(name) for name in query["properties"]["name"]] for key, query in queries.items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            return json_response(422, {"detail": "Send {queries: {key: {schema, properties: {name: [...]}}}}."})
        if len(names) > _BATCH:
            return json_response(400, {"detail": f"Too many queries in one batch; the most are {_BATCH}."})
        return json_response(200, {"responses": {key: _response(of) for key, of in names.items()}, "limit": _LIMIT})

    async def ready(_: Request) -> Response:
        return json_response(200, {"status": "ok"})

    return Starlette(routes=[Route("/match/{dataset}", match, methods=["POST"]), Route("/readyz", ready)])


def _response(names: list[str]) -> dict[str, Any]:
    results = [result for listed in LISTED if (result := _result(listed, names))["score"] > _THRESHOLD / 2]
    best = sorted(results, key=lambda result: -result["score"])[:_LIMIT]
    return {"status": 200, "results": best, "total": {"value": len(best), "relation": "eq"}}


def _result(listed: str, names: list[str]) -> dict[str, Any]:
    score = max((SequenceMatcher(None, _plain(listed), _plain(name)).ratio() for name in names), default=0.0)
    return {
        "id": "NK-" + _plain(listed).replace(" ", "-"),
        "caption": listed,
        "schema": "Person",
        "properties": {"name": [listed], "topics": ["sanction"]},
        "datasets": ["sandbox"],
        "score": round(score, 3),
        "match": score >= _THRESHOLD,
    }


def _plain(name: str) -> str:
    """Without accents, in lower case, its words in the order of the alphabet."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return " ".join(sorted(letters.lower().split()))
