import os
import signal
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

import server
from gateway.logs import configure_logs
from tests.server.command import Run, environment


@pytest.fixture
def log() -> Iterator[None]:
    """The log as other tests know it, given back when nothing captures it any more: to be asked for before `capsys`."""
    yield
    configure_logs()


@pytest.fixture
def run(log: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process, in a directory of its own: exit code, standard output, lines of complaint."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **settings: str) -> tuple[int, str, list[str]]:
        with patch.dict(os.environ, environment(**settings), clear=True):
            code = server.main(arguments)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        said = capsys.readouterr()
        return code, said.out, said.err.splitlines()

    return run
