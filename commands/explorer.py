"""Builds the explorer's page in development, where npm is there: the first time, and when its sources have changed."""

import fcntl
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from commands.terminal import complain, say
from gateway.explorer import BUILT

SOURCES = ("*.json", "*.html", "*.ts", "src/**/*.*", "examples/*.graphql")
LOCK = "package-lock.json"
PATIENCE_S = 300
FAILED = (
    "The explorer could not be built, and its page loads GraphiQL from a CDN instead; see 'npm ci && npm run build' in"
    " explorer/: {}"
)


@contextmanager
def building(explorer: Path = BUILT.parent) -> Iterator[None]:
    """What is done inside is done meanwhile; at the end the page is built, or it was said why it is not."""
    npm = shutil.which("npm")
    lock = explorer / LOCK
    if npm is None or not lock.exists():  # a release has the page, and no sources of it
        yield
        return
    built, installed = Stamp(explorer, "dist", SOURCES), Stamp(explorer, "node_modules", (LOCK,))
    with lock.open() as one_at_a_time:
        if built.holds or not _taken(one_at_a_time.fileno()):
            yield
            return
        say(f"Building the explorer, {'as its sources have changed' if built.exists else 'this once'} …")
        script = "build" if installed.holds else "install-and-build"
        with subprocess.Popen(
            [npm, "run", "--silent", script],
            cwd=explorer,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=[one_at_a_time.fileno()],  # it is still being built, should we be killed
            start_new_session=True,  # so that all that npm starts can be ended with it
        ) as process:
            try:
                yield
                said, _ = process.communicate(timeout=PATIENCE_S)
            finally:
                if process.poll() is None:
                    os.killpg(
                        process.pid, signal.SIGKILL
                    )  # npm goes on after a SIGTERM; what is half done has no stamp
        if process.returncode:
            complain(FAILED.format(" ".join(said.split())[-300:] or f"exit code {process.returncode}"))
            return
        installed.write()
        built.write()


class Stamp:
    """In a folder that was made of sources: the hash of these. What is older than they are does not count."""

    def __init__(self, explorer: Path, folder: str, sources: tuple[str, ...]) -> None:
        self._path = explorer / folder / "sources.sha256"
        files = sorted({path for pattern in sources for path in explorer.glob(pattern)})
        self._hash = sha256(b"".join(path.read_bytes() for path in files)).hexdigest()

    @property
    def exists(self) -> bool:
        return self._path.exists()

    @property
    def holds(self) -> bool:
        return self.exists and self._path.read_text() == self._hash

    def write(self) -> None:
        self._path.write_text(self._hash)


def _taken(file: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
