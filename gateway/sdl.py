"""The graph in GraphQL's schema language, for editors and for those who generate code from it."""

from collections.abc import Callable
from functools import cache
from hashlib import sha256

from isal import isal_zlib
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.answer import GZIP_WBITS
from gateway.headers import headers_of, takes_gzip

PATH = "/schema.graphql"
NOT_SHOWN = "The schema is not shown here; HEDDLE_INTROSPECTION=true shows it"


def routes(sdl: Callable[[], str], *, shown: bool) -> list[Route]:
    """`/schema.graphql`, for those who may ask for the schema: all or, unless it is `shown`, nobody.

    `sdl` is called when somebody first asks.
    """

    @cache
    def written() -> tuple[bytes, bytes, str]:
        """As it is, compressed, and the tag by which clients know whether they have it."""
        text = sdl().encode()
        return text, isal_zlib.compress(text, wbits=GZIP_WBITS), f'W/"{sha256(text).hexdigest()[:32]}"'

    async def schema(request: Request) -> Response:
        if not shown:
            raise HTTPException(403, NOT_SHOWN)
        text, compressed, tag = written()
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        known = [one.strip() for one in request.headers.get("if-none-match", "").split(",")]
        if tag in known or "*" in known:
            return Response(status_code=304, headers=headers)
        if takes_gzip(headers_of(request.scope).get(b"accept-encoding", b"")):
            return Response(compressed, headers=headers | {"Content-Encoding": "gzip"}, media_type="text/plain")
        return Response(text, headers=headers, media_type="text/plain")

    return [Route(PATH, schema)]
