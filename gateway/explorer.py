"""GraphiQL for browsers: our own, as `explorer/` was built, or where it was not, a page that says so and loads one.

Our own is served from here alone, and may ask nobody but this gateway.
"""

import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.cross_site import SECURE
from gateway.headers import headers_of, takes_gzip

BUILT = Path(__file__).parents[1] / "explorer" / "dist"
STAND_IN = Path(__file__).with_name("explorer_cdn.html")
CDN = "https://cdn.jsdelivr.net/npm/"
"""Only the page that stands in may load from there, and only files whose hashes it has."""
KEPT = "public, max-age=31536000, immutable"
"""The name of an asset has its hash."""
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".ttf": "font/ttf"}
NOBODY = '<meta name="heddle-people" content="">'

EVERYWHERE = ("default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'")
OWN = (
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",  # the editor, Monaco, writes style elements while it runs
    "font-src 'self' data:",
    "img-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
)
ASSETS = ("default-src 'none'", "script-src 'self'")
"""Workers go by the policy that their script came with."""


@dataclass(frozen=True, slots=True)
class Explorer:
    """`page` is for whoever opens the graph in a browser, `routes` are what that page loads."""

    page: Response
    routes: Sequence[BaseRoute] = ()


def explorer(people: str = "", *, stands_in: bool = True, built: Path = BUILT) -> Explorer | None:
    """`people` is the path where the page learns whom one can be, and signs in as them; none without it.

    None where it was not built, and no other page `stands_in` for it.
    """
    index = built / "index.html"
    if not index.exists():
        return _stand_in() if stands_in else None
    html = index.read_text().replace(NOBODY, NOBODY.replace('""', f'"{people}"'))
    assets = {path.name: path for path in (built / "assets").iterdir()}
    return Explorer(_page(html, OWN), [Route("/explorer/assets/{name}", _serving(assets))])


def _serving(assets: Mapping[str, Path]) -> Callable[[Request], Awaitable[Response]]:
    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in assets or Path(name).suffix not in TYPES:
            raise HTTPException(404)
        headers = {"Cache-Control": KEPT, "Content-Security-Policy": _policy(ASSETS), "Vary": "Accept-Encoding"}
        compressed = assets.get(f"{name}.gz")
        path = assets[name]
        if compressed and takes_gzip(headers_of(request.scope).get(b"accept-encoding", b"")):
            headers["Content-Encoding"] = "gzip"
            path = compressed
        return FileResponse(path, headers=headers, media_type=TYPES[Path(name).suffix])

    return asset


@cache
def _stand_in() -> Explorer:
    html = STAND_IN.read_text()
    own = (
        f"script-src {CDN} {_hash_of('script', html)}",
        f"style-src {CDN} 'unsafe-inline'",  # its editor, CodeMirror, sets styles as well
        f"font-src {CDN} data:",
        "img-src data:",
        "connect-src 'self'",
    )
    return Explorer(_page(html, own))


def _page(html: str, policy: Sequence[str]) -> Response:
    headers = {"Content-Security-Policy": _policy(policy), "Cache-Control": "no-cache", "Vary": "Accept"}
    page = HTMLResponse(html, headers=headers)
    page.raw_headers += SECURE
    return page


def _policy(own: Sequence[str]) -> str:
    """The last word on a directive counts."""
    said = {directive.partition(" ")[0]: directive for directive in (*EVERYWHERE, *own)}
    return "; ".join(said.values())


def _hash_of(tag: str, html: str) -> str:
    """What lets the browser take this one inline element and no other."""
    (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
