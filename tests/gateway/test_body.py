"""A body that never comes is not waited for; a client that waits for its answer is."""

import asyncio
from collections.abc import AsyncIterator

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.body import BodyInTime

WITHIN_S = 0.2


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


async def waits_for_the_client_to_leave(request: Request) -> Response:
    await request.body()
    left = asyncio.ensure_future(request.receive())
    done, _ = await asyncio.wait([left], timeout=3 * WITHIN_S)
    left.cancel()
    return PlainTextResponse(f"left: {bool(done)}")


APP = Starlette(
    routes=[
        Route("/echo", echo, methods=["POST"]),
        Route("/waits", waits_for_the_client_to_leave, methods=["POST"]),
    ],
    middleware=[Middleware(BodyInTime, within_s=WITHIN_S)],
)


async def post(path: str, body: AsyncIterator[bytes] | bytes) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=APP), base_url="http://gateway") as http:
        return await http.post(path, content=body)


async def test_a_body_that_never_ends_is_not_waited_for() -> None:
    async def dripping() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(WITHIN_S / 10)

    response = await post("/echo", dripping())
    assert (response.status_code, response.headers["connection"]) == (408, "close")


async def test_a_body_in_parts_is_whole() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"in "
        yield b"parts"

    assert (await post("/echo", parts())).text == "in parts"


async def test_after_the_body_there_is_time() -> None:
    assert (await post("/waits", b"whole")).text == "left: False"
