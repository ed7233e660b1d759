"""Signing in as one of the sample people by a click: for development, on the machine that serves.

Such tokens are for nobody else. So this is not even routed in production; and pages of other sites are refused, also
those that the operator lists, as are other machines, and names that lead here though they are not ours (DNS rebinding).
"""

import ipaddress
from collections.abc import Awaitable, Callable, Mapping

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from datasources.actor import Actor
from gateway.cross_site import Origins
from gateway.headers import headers_of
from gateway.identity import Tokens

PATH = "/explorer/people"
TTL_S = 12 * 3600
OUR_NAMES = ("localhost", "127.0.0.1", "::1")
NOT_HERE = "Signing in by a click is for the explorer's own page, at 127.0.0.1 on the machine that serves"

People = Callable[[], Awaitable[Mapping[str, Actor]]]
"""Whom one can be, by email address."""


def routes(people: People, tokens: Tokens) -> list[Route]:
    """GET tells whom one can be, `[{"email", "scopes"}]`; POST to one of them gives a `{"token"}` of theirs."""

    async def tell(request: Request) -> Response:
        _admit(request)
        return _json([{"email": email, "scopes": sorted(one.scopes)} for email, one in (await people()).items()])

    async def sign_in(request: Request) -> Response:
        _admit(request)
        person = (await people()).get(request.path_params["email"])
        if person is None:
            raise HTTPException(404, f"{PATH} tells whom one can be")
        return _json({"token": tokens.issue(person.signed_in, person.scopes, TTL_S)})

    return [Route(PATH, tell), Route(PATH + "/{email}", sign_in, methods=["POST"])]


_OWN_PAGES = Origins(())


def _admit(request: Request) -> None:
    client = request.client
    here = client is not None and ipaddress.ip_address(client.host).is_loopback
    if not (here and request.url.hostname in OUR_NAMES and _OWN_PAGES.include(headers_of(request.scope))):
        raise HTTPException(403, NOT_HERE)


def _json(told: object) -> Response:
    return Response(orjson.dumps(told), media_type="application/json", headers={"Cache-Control": "no-store"})
