"""Starting the sandbox's process, from server.py and from tests."""

import json
import os
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

_REPOSITORY = Path(__file__).parents[2]
_START_S = 15


class SandboxFailed(Exception):
    """The sandbox's process ended before it was ready; its own words are on stderr."""


class Sandbox:
    """A running sandbox: `with Sandbox(directory) as sandbox: ... sandbox.url`.

    Made, it is starting; `url` waits until it answers, so the caller can do other things in between. It ends with the
    `with` block, and also when this process dies in any way: it watches its stdin, which only this process holds.
    A Ctrl-C reaches this process alone, so that it can end its own work before the outside world goes.
    """

    def __init__(self, data: Path, webhook: tuple[str, str] | None = None) -> None:
        """`data` is a directory for its state file and log; `webhook` the URL for events and the secret that signs."""
        command = [sys.executable, "-m", "datasources.sandbox", "--data", str(data.absolute()), "--until-stdin-closes"]
        environment = dict(os.environ)
        if webhook is not None:
            command += ["--webhook-url", webhook[0]]
            environment["WEBHOOK_SECRET"] = webhook[1]  # a command line can be read by everybody
        self.process = subprocess.Popen(
            command,
            cwd=_REPOSITORY,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._stdin = cast(IO[bytes], self.process.stdin)
        self._stdout = cast(IO[bytes], self.process.stdout)

    @cached_property
    def url(self) -> str:
        """The base URL, as soon as it answers; services are below it, at /payments, /rates and /carriers.

        Raises: SandboxFailed.
        """
        line = self._stdout.readline()
        if not line:
            raise SandboxFailed(f"The sandbox ended with exit code {self.process.wait(_START_S)} before it was ready.")
        return f"http://127.0.0.1:{json.loads(line)['port']}"

    def close(self) -> None:
        self._stdin.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
