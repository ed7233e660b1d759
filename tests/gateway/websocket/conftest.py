import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn

from gateway.frames import FramedWebSocket
from tests.gateway.websocket.client import MAX_FRAME_BYTES, Dial, Feed, Server


@pytest.fixture(scope="package")
async def server() -> AsyncIterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = Server(listener.getsockname()[1])
        config = uvicorn.Config(
            app, ws=FramedWebSocket, lifespan="off", log_level="warning", ws_max_size=MAX_FRAME_BYTES
        )
        uvicorn_server = uvicorn.Server(config)
        running = asyncio.create_task(uvicorn_server.serve([listener]))
        yield app
        uvicorn_server.should_exit = True
        await running


@pytest.fixture
def dial(server: Server) -> Dial:
    return server.dial


@pytest.fixture
def feed() -> Feed:
    return Feed()
