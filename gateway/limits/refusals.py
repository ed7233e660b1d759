"""What callers are told who ask for too much: the figure, the limit and the remedy."""

import math
from collections.abc import Sequence
from typing import Any

from datasources.errors import Refusal


class LimitExceeded(Refusal):
    """The document, or its variables, are more than is looked at. `found` is None where nobody counted to the end."""

    code = "LIMIT_EXCEEDED"

    def __init__(self, limit: str, found: int | None, most: int) -> None:
        what, remedy = _LIMITS[limit]
        figure = "too many" if found is None else f"{found:,}"
        super().__init__(f"This request has {figure} {what}, and {most:,} are allowed; {remedy}.")
        self.limit = limit

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "limit": self.limit}


_SEVERAL = "ask in several requests"
_LESS = "ask for fewer fields at a time"
_LIMITS = {
    "characters": ("characters in its document", "pass long values as variables"),
    "tokens": ("tokens in its document", _LESS),
    "comments": ("comments in its document", "leave them out"),
    "depth": ("levels of fields", "ask for the inner ones by their ids in another request"),
    "fields": ("fields, with those of its fragments wherever they are spread", _LESS),
    "mergedFields": ("fields that share their places", "spread each fragment once in a place"),
    "rootFields": ("root fields", _SEVERAL),
    "aliases": ("aliases", _SEVERAL),
    "fragments": ("fragments", _LESS),
    "spreads": ("spreads of fragments", "spread each fragment once in a place"),
    "directives": ("directives", "leave them out where they say nothing"),
    "directivesInOnePlace": ("directives in one place", "leave them out where they say nothing"),
    "operations": ("operations", "send the one that is to run"),
    "variables": ("variables", "put them together into input objects"),
    "valueDepth": ("levels of lists and objects in one value", "pass it as a variable of its type"),
    "valueSize": ("items in one list or object", "pass it as a variable"),
    "digits": ("digits in one number", "no number here needs as many"),
    "variableValues": ("values in its variables", _SEVERAL),
}
"""What each limit counts, and what to do about it."""


class CostExceeded(Refusal):
    """`dearest` is the path to the innermost field that makes most of the cost, if one does."""

    code = "COST_EXCEEDED"

    def __init__(self, cost: float, most: float, dearest: Sequence[str]) -> None:
        blame = f"most of it is `{'.'.join(dearest)}`: ask for fewer there" if dearest else _SEVERAL
        super().__init__(f"This operation costs {cost:,.0f}, and {most:,.0f} is allowed; {blame}.")
        self.cost = cost
        self.most = most

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "cost": round(self.cost), "limit": round(self.most)}


class Throttled(Refusal):
    """Not now; the same may be asked again after `retry_after_s` seconds."""

    retry_after_s: int = 1


class RateLimited(Throttled):
    code = "RATE_LIMITED"

    def __init__(self, cost: float, left: float, limit: float, wait_s: float) -> None:
        self.retry_after_s = math.ceil(wait_s)
        costs = f"this costs {cost:,.0f}" if cost else "documents are read for those who can pay"
        super().__init__(
            f"You may ask for {limit:,.0f} a minute, and have {max(left, 0):,.0f} left; {costs}."
            f" Ask again in {self.retry_after_s} s, or for less."
        )

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "retryAfter": self.retry_after_s}


class TooManyOperations(Throttled):
    code = "TOO_MANY_OPERATIONS"

    def __init__(self, who: str, limit: int, remedy: str) -> None:
        super().__init__(f"{who} {limit} operations already; {remedy}.")


class TooManyConnections(Throttled):
    code = "TOO_MANY_CONNECTIONS"
    retry_after_s = 10

    def __init__(self, who: str, limit: int, remedy: str) -> None:
        super().__init__(f"{who} {limit:,} connections already; {remedy}.")
