"""The page is built once, again when its sources have changed, and never by two at a time."""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from commands.explorer import building
from tests.server.command import wait_until_ended

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm")

BUILD = "mkdir -p dist && echo built >> dist/index.html"


def said(explorer: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """What a start says, and complains of."""
    with building(explorer):
        pass
    told = capsys.readouterr()
    return told.out.strip(), told.err.strip()


@pytest.fixture
def explorer(tmp_path: Path) -> Path:
    """Sources that take no time to build."""
    scripts = {"build": BUILD, "install-and-build": f"mkdir -p node_modules && {BUILD}"}
    (tmp_path / "package.json").write_text(json.dumps({"name": "x", "scripts": scripts}))
    (tmp_path / "package-lock.json").write_text("{}")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.tsx").write_text("1")
    return tmp_path


def test_it_is_built_once_and_when_sources_have_changed(explorer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(explorer, capsys) == ("Building the explorer, this once …", "")
    assert said(explorer, capsys) == ("", "")
    (explorer / "src" / "main.tsx").write_text("2")
    assert said(explorer, capsys) == ("Building the explorer, as its sources have changed …", "")
    assert (explorer / "dist" / "index.html").read_text() == "built\nbuilt\n"


def test_of_two_at_a_time_one_builds(explorer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with building(explorer):
        assert said(explorer, capsys) == ("Building the explorer, this once …", "")
    assert (explorer / "dist" / "index.html").read_text() == "built\n"


def test_what_went_wrong_is_said_and_tried_again(explorer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = (explorer / "package.json").read_text()
    (explorer / "package.json").write_text(package.replace("echo built", "echo no room left; exit 1"))
    out, err = said(explorer, capsys)
    assert out == "Building the explorer, this once …"
    assert err.startswith("error: The explorer could not be built, and its page loads GraphiQL from a CDN instead;")
    (explorer / "package.json").write_text(package)
    assert said(explorer, capsys)[1] == ""
    assert (explorer / "dist" / "index.html").exists()


def test_what_is_interrupted_leaves_nothing_running(explorer: Path) -> None:
    package = (explorer / "package.json").read_text()
    (explorer / "package.json").write_text(package.replace("echo built", "echo $$ > begun; exec sleep 600; echo"))
    os.mkfifo(explorer / "begun")
    with suppress(KeyboardInterrupt), building(explorer):
        pid = int((explorer / "begun").read_text())
        raise KeyboardInterrupt
    wait_until_ended(pid)


def test_a_release_has_its_page_and_nothing_to_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(tmp_path, capsys) == ("", "")
