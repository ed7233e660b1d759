"""What a whole answer is sent as: never kept by others, and compressed for those who take it where it pays."""

from isal import isal_zlib
from starlette.responses import Response

from gateway.headers import GRAPHQL_JSON, JSON, Headers, takes_gzip

WORTHWHILE_BYTES = 1_400
"""What is smaller fits into one packet as it is."""
LEVEL = 1
GZIP_WBITS = 31

Header = tuple[bytes, bytes]

FOR_THIS_CLIENT_ONLY: tuple[Header, ...] = ((b"cache-control", b"no-store"), (b"vary", b"Accept, Accept-Encoding"))
_TYPES = {one: (b"content-type", f"{one}; charset=utf-8".encode()) for one in (JSON, GRAPHQL_JSON)}
_GZIPPED: Header = (b"content-encoding", b"gzip")


def answer(asked: Headers, body: bytes, media_type: str, status: int = 200) -> Response:
    """`asked` are the headers of the request; `body` is JSON."""
    if len(body) < WORTHWHILE_BYTES or not takes_gzip(asked.get(b"accept-encoding", b"")):
        return _Answer(body, media_type, status)
    response = _Answer(isal_zlib.compress(body, LEVEL, GZIP_WBITS), media_type, status)
    response.raw_headers.append(_GZIPPED)
    return response


class _Answer(Response):
    """With headers that are not worked out anew for each."""

    def __init__(self, body: bytes, media_type: str, status: int) -> None:
        self.body = body
        self.status_code = status
        self.background = None
        self.raw_headers = [(b"content-length", b"%d" % len(body)), _TYPES[media_type], *FOR_THIS_CLIENT_ONLY]
