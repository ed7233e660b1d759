"""A page to try queries on, in development: self-contained, and allowed no more than to ask this gateway."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from starlette.responses import HTMLResponse, Response

from gateway.cross_site import SECURE

PAGE = Path(__file__).with_name("explorer.html")


def explorer_page() -> Response:
    html = PAGE.read_text()
    policy = [
        "default-src 'none'",
        f"script-src {_hash_of('script', html)}",
        f"style-src {_hash_of('style', html)}",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    headers = {
        "Content-Security-Policy": "; ".join(policy),
        "Cache-Control": "no-cache",
        "Vary": "Accept",
    }
    page = HTMLResponse(html, headers=headers)
    page.raw_headers += SECURE
    return page


def _hash_of(tag: str, html: str) -> str:
    """What lets the browser take this one inline element and no other."""
    (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
