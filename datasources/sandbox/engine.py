"""localstripe as a child process: the engine behind the payments front. Imports little, for it starts first."""

import asyncio
import http.client
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import urlencode

_START_S = 15
_ANSWER_S = 10

# As `python -m localstripe.server`, which however listens to every host, and after each change writes all that it knows
# into /tmp. And it ends when our end of its stdin closes, so also after a kill -9 of ours.
_LAUNCH = """
import os, sys, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(0)), daemon=True).start()
from aiohttp import web
from localstripe.server import app, store
type(store).dump_to_disk = lambda self: None
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]))
"""


class EngineFailed(Exception):
    """localstripe is not there or answered what it never should; its log says more."""


class Engine:
    """One localstripe, which begins empty and forgets all when it ends."""

    def __init__(self, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port: int = free.getsockname()[1]
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _LAUNCH, str(self._port)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )
        self._give_up_at = time.monotonic() + _START_S

    def close(self) -> None:
        cast(IO[bytes], self._process.stdin).close()
        self._process.wait()

    async def call(self, method: str, path: str, **fields: Any) -> tuple[int, dict[str, Any]]:
        """Status and JSON of localstripe's answer; fields that are None are not sent.

        Raises: EngineFailed.
        """
        body = urlencode({name: value for name, value in fields.items() if value is not None})
        return await asyncio.to_thread(self._exchange, method, path, body)

    async def must(self, method: str, path: str, **fields: Any) -> dict[str, Any]:
        """As `call`, where anything but 200 is a failure of the sandbox itself."""
        status, body = await self.call(method, path, **fields)
        if status != http.HTTPStatus.OK:
            raise EngineFailed(f"localstripe answered {method} {path} with {status}: {body}")
        return body

    def _exchange(self, method: str, path: str, body: str) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": "Bearer sk_test_sandbox", "Content-Type": "application/x-www-form-urlencoded"}
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_S)
            try:
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                return response.status, json.loads(response.read() or b"{}")
            except ConnectionRefusedError as error:  # still starting
                if self._process.poll() is not None or time.monotonic() > self._give_up_at:
                    raise EngineFailed(f"localstripe did not start; {self._log} says why.") from error
                time.sleep(0.01)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise EngineFailed(f"localstripe did not answer {method} {path}: {error}") from error
            finally:
                connection.close()
