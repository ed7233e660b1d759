"""What pages of other sites may do through the browsers of their visitors: nothing, unless the operator lists them.

Browsers say which page is behind a request (`Sec-Fetch-Site`, `Origin`), and no page can make them say otherwise.
Services, which are no browsers, say nothing and pass. Pages that are listed are let in by CORS, always without cookies:
the gateway knows none.
"""

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from gateway.headers import Headers, headers_of
from gateway.request import BadRequest

READABLE = ("RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID")
"""The headers of answers that scripts of listed pages may read."""
PREFLIGHT_KEPT_S = 7_200

SECURE: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)


class CrossSite(BadRequest):
    code = "CROSS_SITE"

    def __init__(self) -> None:
        super().__init__("Pages of other sites may not ask here, unless the operator lists them.", 403)


class Origins:
    """Whose pages may ask: our own, and those of the listed origins, such as `https://shop.example.com`."""

    def __init__(self, listed: Sequence[str]) -> None:
        self._listed = frozenset(origin.encode() for origin in listed)

    def admit(self, headers: Headers) -> None:
        """Raises: CrossSite where a page of a foreign origin is behind the request."""
        if not self.include(headers):
            raise CrossSite

    def include(self, headers: Headers) -> bool:
        origin, site = headers.get(b"origin"), headers.get(b"sec-fetch-site")
        if origin is None and site is None:
            return True
        if origin in self._listed:
            return True
        if site is not None:
            return site in (b"same-origin", b"none")  # `none` is the person at the browser, and no page
        return origin is not None and origin.partition(b"://")[2] == headers.get(b"host")


class OwnPagesOnly:
    """Middleware of a WebSocket: refuses the handshake with 403, as browsers ask nobody before they open one."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        admitted = self._origins.include(headers_of(scope))
        await (self._app if admitted else WebSocketClose())(scope, receive, send)


class SecurityHeaders:
    """Middleware for what is not the graph, whose endpoint has them in its answers: none is guessed at or framed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *SECURE]
            await send(message)

        await self._app(scope, receive, send_secured)


def cors(listed: Sequence[str]) -> list[Middleware]:
    """What lets the scripts of listed pages ask and read; nothing where none are listed."""
    if not listed:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=listed,
            allow_methods=("GET", "POST", "PUT", "DELETE"),
            allow_headers=("*",),
            expose_headers=READABLE,
            max_age=PREFLIGHT_KEPT_S,
        )
    ]
