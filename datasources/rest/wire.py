"""One request and its whole reply, bounded in bytes; time is bounded by the caller."""

import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Generic, TypeVar, cast

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from pydantic import TypeAdapter

from datasources.errors import SourceRefused, SourceUnavailable
from datasources.rest.cache import Entry

T = TypeVar("T")


class ServiceFailure(SourceUnavailable):
    """No usable answer: `again` when another try may help, after `after_s` if the service asked for that.

    `alive` when the service did answer, and only would not serve us: no reason to stop asking it.
    """

    def __init__(
        self, source: str, detail: str, *, again: bool = False, after_s: float = 0.0, alive: bool = False
    ) -> None:
        super().__init__(source, detail)
        self.again = again
        self.after_s = after_s
        self.alive = alive


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    method: str
    path: str  # the template: what details and records say, as it holds no ids
    url: str  # from the root of the service
    adapter: TypeAdapter[T]
    repeatable: bool  # may be sent again when nobody knows whether it was served
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    known: Entry | None = None  # the answer whose etag it carries, which a 304 confirms


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


class Wire:
    """A service's connections. It speaks to the transport, not to an httpx client.

    A client would follow redirects, keep cookies, use the environment's proxies and log whole URLs, none of which a
    gateway wants, and it costs as much as the rest of the call.
    """

    def __init__(
        self,
        source: str,
        base_url: str,
        headers: Mapping[str, str],
        connections: int,
        max_bytes: int,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._source = source
        self._base_url = base_url.rstrip("/")
        # gzip only: it is the one encoding that is inflated below, within bounds.
        self._headers = httpx.Headers({"accept": "application/json", "accept-encoding": "gzip"})
        self._headers.update(headers)
        self._max_bytes = max_bytes
        self._transport = transport or AiohttpTransport(verify=_tls(), client=lambda: _session(connections))

    async def exchange(self, request: Request[T]) -> Reply:
        """Raises: ServiceFailure; SourceRefused with status 414 for a URL that is too long to be sent."""
        url = self._base_url + request.url
        headers = {**self._headers, **request.headers} if request.headers else self._headers
        try:
            sent = httpx.Request(request.method, url, headers=headers, content=request.content)
            response = await self._transport.handle_async_request(sent)
            response.headers.encoding = "latin-1"  # as HTTP says; httpx would guess at each access
            stream = cast(httpx.AsyncByteStream, response.stream)  # asynchronous transports give no other
            try:
                body = await self._read(request.path, stream, response.headers.get("content-encoding", "identity"))
            finally:
                await stream.aclose()
        except httpx.InvalidURL:
            raise SourceRefused(self._source, 414) from None
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            # The message may hold the URL, and with it ids; the type says enough.
            reason = type(error.__cause__ or error).__name__
            raise ServiceFailure(self._source, f"{request.path}: {reason}", again=True) from error
        return Reply(response.status_code, dict(response.headers.items()), body)

    async def _read(self, path: str, stream: httpx.AsyncByteStream, encoding: str) -> bytes:
        if encoding not in ("identity", "gzip"):
            raise ServiceFailure(self._source, f"{path}: content encoding {encoding!r} was not asked for")
        inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if encoding == "gzip" else None
        body = bytearray()
        async for chunk in stream:
            body += self._inflate(path, inflater, chunk, self._max_bytes + 1 - len(body)) if inflater else chunk
            if len(body) > self._max_bytes:
                raise ServiceFailure(self._source, f"{path}: more than {self._max_bytes} bytes")
        if inflater and body and not inflater.eof:
            raise ServiceFailure(self._source, f"{path}: gzip ends too early")
        return bytes(body)

    def _inflate(self, path: str, inflater: "zlib._Decompress", chunk: bytes, at_most: int) -> bytes:
        try:
            return inflater.decompress(chunk, at_most)
        except zlib.error as error:
            raise ServiceFailure(self._source, f"{path}: bad gzip: {error}") from None

    async def close(self) -> None:
        await self._transport.aclose()


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _session(connections: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections, ssl=_tls()),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
