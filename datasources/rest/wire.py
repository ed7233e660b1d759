"""One request and its whole reply, bounded in bytes; time is bounded by the caller."""

import ssl
import zlib
from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Generic, TypeVar, cast

import aiohttp
import httpx
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from multidict import CIMultiDict
from pydantic import TypeAdapter
from yarl import URL

from datasources.errors import SourceRefused, SourceUnavailable
from datasources.rest.cache import Entry

T = TypeVar("T")

LONGEST_URL = 65_536
AS_IT_IS = ("", "identity")
GZIP = ("gzip", "x-gzip")


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
    writes: bool = False
    known: Entry | None = None  # the answer whose etag it carries, which a 304 confirms


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


class Wire:
    """A service's connections, by aiohttp, or by whatever transport of httpx is given, such as a `MockTransport`.

    An httpx client would follow redirects, keep cookies, use the environment's proxies and log whole URLs, none of
    which a gateway wants; and its requests and responses alone take as long as all of aiohttp.
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
        self._base_url = str(URL(base_url)).rstrip("/")
        # gzip only: it is the one encoding that is inflated below, within bounds.
        self._headers = CIMultiDict({"accept": "application/json", "accept-encoding": "gzip"})
        self._headers.update(headers)
        self._connections = connections
        self._max_bytes = max_bytes
        self._transport = transport

    async def exchange(self, request: Request[T]) -> Reply:
        """Raises: ServiceFailure; SourceRefused with status 414 for a URL that is too long to be sent."""
        url = self._base_url + request.url
        if len(url) > LONGEST_URL:
            raise SourceRefused(self._source, 414)
        try:
            if self._transport is not None:
                return await self._exchange_by(self._transport, request, url)
            as_it_is = URL(url, encoded=True)  # else it would be taken apart, and encoded anew
            asked = self._session.request(
                request.method, as_it_is, headers=request.headers, data=request.content or None, allow_redirects=False
            )
            async with asked as response:
                return await self._reply(
                    request.path, response.status, response.raw_headers, response.content.iter_any()
                )
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            # The message may hold the URL, and with it ids; the type says enough.
            raise ServiceFailure(self._source, f"{request.path}: {type(error).__name__}", again=True) from error

    async def _exchange_by(self, transport: httpx.AsyncBaseTransport, request: Request[T], url: str) -> Reply:
        headers = {**self._headers, **request.headers}
        sent = httpx.Request(request.method, url, headers=headers, content=request.content)
        response = await transport.handle_async_request(sent)
        stream = cast(httpx.AsyncByteStream, response.stream)  # asynchronous transports give no other
        try:
            return await self._reply(request.path, response.status_code, response.headers.raw, stream)
        finally:
            await stream.aclose()

    @cached_property
    def _session(self) -> aiohttp.ClientSession:
        """Made in the loop that uses it."""
        return aiohttp.ClientSession(
            connector=_Connections(limit=self._connections, ssl=_tls()),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(),  # none
            auto_decompress=False,
        )

    async def _reply(
        self, path: str, status: int, raw: Iterable[tuple[bytes, bytes]], chunks: AsyncIterable[bytes]
    ) -> Reply:
        headers = _joined(raw)
        return Reply(status, headers, await self._read(path, chunks, headers.get("content-encoding", "").lower()))

    async def _read(self, path: str, chunks: AsyncIterable[bytes], encoding: str) -> bytes:
        if encoding not in (*AS_IT_IS, *GZIP):
            raise ServiceFailure(self._source, f"{path}: content encoding {encoding!r} was not asked for")
        inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if encoding in GZIP else None
        body = bytearray()
        async for chunk in chunks:
            body += self._inflate(path, inflater, chunk, self._max_bytes + 1 - len(body)) if inflater else chunk
            if inflater and inflater.unused_data:  # it would be gathered, and counted by nobody
                raise ServiceFailure(self._source, f"{path}: more than one gzip")
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
        if self._transport is not None:
            await self._transport.aclose()
        elif "_session" in vars(self):
            await self._session.close()


class _Connections(aiohttp.TCPConnector):
    """aiohttp takes what came on a connection that nobody used for the answer to the next request on it."""

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        while (connection := await super()._get(key, traces)) and _has_spoken(connection):
            connection.close()
        return connection


def _has_spoken(idle: Connection) -> bool:
    return idle.protocol is not None and idle.protocol.should_close


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _joined(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """What comes more than once is a list."""
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1").lower(), value_bytes.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
