"""A service that is told of runs: it notes what it gets, and answers as it is told to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from datasources.commerce.payments import check_signature
from tests.gateway.serving import served

SECRET = "a secret of the tests, 32 bytes long"


class Receiver:
    def __init__(self) -> None:
        self.host = ""
        self.keys: list[str] = []
        self.bodies: list[Any] = []
        self.answers: list[int] = []
        """The statuses of the next answers; then 204."""
        self._raw: list[tuple[str, bytes]] = []

    @classmethod
    @asynccontextmanager
    async def serving(cls) -> AsyncIterator["Receiver"]:
        receiver = cls()
        app = Starlette(routes=[Route("/hook", receiver.take, methods=["POST"])])
        async with served(app) as port:
            receiver.host = f"127.0.0.1:{port}"
            yield receiver

    @property
    def url(self) -> str:
        return f"http://{self.host}/hook"

    async def take(self, request: Request) -> Response:
        body = await request.body()
        self.keys.append(request.headers["idempotency-key"])
        self.bodies.append(await request.json())
        self._raw.append((request.headers["heddle-signature"], body))
        status = self.answers.pop(0) if self.answers else 204
        return Response(status_code=status, headers={"location": "/elsewhere"} if status == 302 else None)

    def check(self, now: datetime) -> None:
        """Each call was signed. Raises: BadSignature."""
        for signature, body in self._raw:
            check_signature(signature, body, SECRET, now)
