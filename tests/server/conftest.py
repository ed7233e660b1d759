import os
import signal
from pathlib import Path
from unittest.mock import patch

import pytest

import server
from tests.server.command import Run, environment


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process, in a directory of its own: exit code, standard output, lines of complaint."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **settings: str) -> tuple[int, str, list[str]]:
        with patch.dict(os.environ, environment(**settings), clear=True):
            code = server.main(arguments)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        said = capsys.readouterr()
        return code, said.out, said.err.splitlines()

    return run
