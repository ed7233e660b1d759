"""Services that are down, slow or lying, on demand; and a record of what each was asked."""

import asyncio
import gzip
import http
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SERVICES = ("payments", "rates", "carriers", "recommendations", "screening", "webhooks")
_HUGE_BYTES = 64 * 2**20
_REMEMBERED = 10_000


@dataclass
class Fault:
    """What goes wrong, for whom and how often: `times` answers, or until healed where it is None.

    Only requests whose path within the service starts with `path`, and whose method is `method`, are spoiled.
    """

    mode: str
    delay_s: float | None = None
    status: int = http.HTTPStatus.INTERNAL_SERVER_ERROR
    times: int | None = None
    path: str = ""
    method: str | None = None
    retry_after_s: int = 1


class Faults:
    """The one fault that each service has at most, and the requests that each has received."""

    def __init__(self) -> None:
        self.requests: defaultdict[str, deque[dict[str, str | None]]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))
        self._faults: dict[str, Fault] = {}

    def set(self, service: str, fault: Fault) -> None:
        self._faults[service] = fault

    def heal(self, service: str) -> None:
        self._faults.pop(service, None)

    def take(self, service: str, method: str, path: str) -> Fault | None:
        """The fault that spoils this request, which it uses up by one."""
        fault = self._faults.get(service)
        if fault is None or not path.startswith(fault.path) or fault.method not in (None, method):
            return None
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.heal(service)
        return fault


class Faulty:
    """A service that fails as it is told."""

    def __init__(self, app: ASGIApp, service: str, faults: Faults) -> None:
        self._app = app
        self._service = service
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"].removeprefix(scope["root_path"])
        key = Headers(scope=scope).get("idempotency-key")
        self._faults.requests[self._service].append({"method": method, "path": path, "idempotency_key": key})
        if fault := self._faults.take(self._service, method, path):
            await MODES[fault.mode](fault, _Exchange(self._app, scope, receive, send))
        else:
            await self._app(scope, receive, send)


@dataclass
class _Exchange:
    """One request and its connection."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send

    async def do(self) -> None:
        await self.app(self.scope, self.receive, self.send)

    async def answer(self, status: int, body: bytes, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        await Response(body, status, named, "application/json")(self.scope, self.receive, self.send)

    async def do_silently(self) -> tuple[Message, bytes]:
        """Does the work, and keeps its answer from the client: the start message and the body."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(self.scope, self.receive, keep)
        return messages[0], b"".join(message["body"] for message in messages[1:])

    async def disconnected(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def drop(self) -> None:
        """Ends the connection without a further byte."""
        self.scope["state"]["abort"]()
        await self.disconnected()


async def _down(_: Fault, exchange: _Exchange) -> None:
    await exchange.drop()


async def _lost_answer(fault: Fault, exchange: _Exchange) -> None:
    await exchange.do_silently()
    await asyncio.sleep(fault.delay_s or 0)
    await exchange.drop()


async def _hang(_: Fault, exchange: _Exchange) -> None:
    await exchange.disconnected()


async def _slow(fault: Fault, exchange: _Exchange) -> None:
    await asyncio.sleep(1 if fault.delay_s is None else fault.delay_s)
    await exchange.do()


async def _drip(fault: Fault, exchange: _Exchange) -> None:
    """The true answer, a byte at a time."""
    start, body = await exchange.do_silently()
    gone = asyncio.create_task(exchange.disconnected())
    await exchange.send(start)
    for at in range(len(body)):
        await asyncio.wait([gone], timeout=0.05 if fault.delay_s is None else fault.delay_s)
        if gone.done():
            return
        await exchange.send({"type": "http.response.body", "body": body[at : at + 1], "more_body": at + 1 < len(body)})
    gone.cancel()


async def _error(fault: Fault, exchange: _Exchange) -> None:
    error = {"type": "api_error", "code": "sandbox_fault", "message": "The sandbox was told to fail."}
    await exchange.answer(fault.status, orjson.dumps({"error": error}))


async def _rate_limited(fault: Fault, exchange: _Exchange) -> None:
    error = {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many requests."}
    await exchange.answer(429, orjson.dumps({"error": error}), Retry_After=str(fault.retry_after_s))


async def _wrong_json(_: Fault, exchange: _Exchange) -> None:
    await exchange.answer(200, b'{"id": "half an ans')


async def _wrong_types(_: Fault, exchange: _Exchange) -> None:
    """The true answer with every value of another type."""
    start, body = await exchange.do_silently()
    await exchange.answer(start["status"], orjson.dumps(_lie(orjson.loads(body))))


def _lie(value: Any) -> Any:
    match value:
        case dict():
            return {name: _lie(inner) for name, inner in value.items()}
        case list():
            return {str(at): _lie(inner) for at, inner in enumerate(value)}
        case str():
            return len(value)
        case None:
            return [None]
        case _:
            return f"not {value}"


async def _huge(_: Fault, exchange: _Exchange) -> None:
    await exchange.answer(200, b"{}".rjust(_HUGE_BYTES))


async def _gzip_bomb(_: Fault, exchange: _Exchange) -> None:
    bomb = await asyncio.to_thread(gzip.compress, b"{}".rjust(_HUGE_BYTES), 1)
    await exchange.answer(200, bomb, Content_Encoding="gzip")


async def _redirect(_: Fault, exchange: _Exchange) -> None:
    await exchange.answer(307, b"", Location=f"http://elsewhere.invalid{exchange.scope['path']}")


MODES: dict[str, Callable[[Fault, _Exchange], Awaitable[None]]] = {
    "down": _down,
    "slow": _slow,
    "error": _error,
    "wrong_json": _wrong_json,
    "wrong_types": _wrong_types,
    "hang": _hang,
    "drip": _drip,
    "huge": _huge,
    "gzip_bomb": _gzip_bomb,
    "redirect": _redirect,
    "lost_answer": _lost_answer,
    "rate_limited": _rate_limited,
}
WEBHOOK_MODES = ("drop", "duplicate", "reorder")
