"""Documents are registered on the command line, and served by every worker without a restart."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.persisted import sha256_of
from tests.server.command import ENDS_IN_S, NO_SERVICES, Run, started

PRODUCTS = "query Products {\n  products { totalCount }\n}"
CATEGORIES = "query Categories {\n  categories { name }\n}"
WRITE = ("documents", "add", "--client", "web")


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    return written(tmp_path, {"1": PRODUCTS, "2": CATEGORIES})


def written(directory: Path, content: Any) -> str:
    file = directory / "manifest.json"
    file.write_text(json.dumps(content))
    return str(file)


def test_documents_are_added_listed_and_removed(run: Run, manifest: str) -> None:
    code, said, lines = run("documents", "list")
    nothing = "error: Nothing is registered; add a manifest: uv run server.py documents add --client web FILE"
    assert (code, said, lines) == (1, "", [nothing])
    assert run(*WRITE, manifest) == (
        0,
        "Documents registered for 'web': 2; known before: 0.\n"
        'Within 2 seconds workers serve them: send {"documentId": "1"}\n',
        [],
    )
    assert run(*WRITE, manifest)[1].startswith("Documents registered for 'web': 0; known before: 2.\n")
    code, said, lines = run("documents", "list")
    assert (code, lines) == (0, [])
    assert [line.split()[:2] for line in said.splitlines()[:2]] == [["client", "documents"], ["web", "2"]]
    code, said, lines = run("documents", "list", "--client", "web")
    assert (code, lines) == (0, [])
    assert [[*line.split()[:1], *line.split()[2:]] for line in said.splitlines()] == [
        ["1", "query", "Products"],
        ["2", "query", "Categories"],
    ]
    assert run("documents", "remove", "--client", "web", "1") == (
        0,
        "Documents removed from 'web': 1. Within 2 seconds workers serve them no more.\n",
        [],
    )
    assert run("documents", "remove", "--client", "web", "--all")[1].startswith("Documents removed from 'web': 1. ")
    assert run("documents", "list", "--client", "web")[2] == [nothing.replace("registered;", "registered for 'web';")]


def test_a_manifest_with_a_wrong_document_is_refused_as_a_whole(run: Run, tmp_path: Path) -> None:
    wrong = "query Wrong {\n  products { nodes { nmae } }\n}"
    assert run(*WRITE, written(tmp_path, {"1": PRODUCTS, "2": wrong})) == (
        1,
        "",
        [
            "error: query Wrong (2), line 2, column 22: "
            "Cannot query field 'nmae' on type 'Product'. Did you mean 'name'?",
            "error: Nothing was registered; mend it in the client's code, and build the manifest again",
        ],
    )
    assert run("documents", "list")[0] == 1


def test_an_id_that_stands_for_another_document_is_refused(run: Run, tmp_path: Path, manifest: str) -> None:
    run(*WRITE, manifest)
    assert run("documents", "add", "--client", "ios", written(tmp_path, {"0": PRODUCTS, "2": PRODUCTS})) == (
        1,
        "",
        ["error: '2' is the id of another document, of 'web'; take another id, or remove that document first"],
    )
    assert "ios" not in run("documents", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ["add", "--client", "web", "none.json"],
            2,
            'Invalid value "none.json" for MANIFEST. "none.json" does not exist',
        ),
        (["remove", "--client", "w b", "1"], 2, 'Invalid value "w b" for --client. Write letters, digits and -_.@/'),
        (["remove", "--client", "web"], 1, "Say which documents: their ids, or --all"),
        (["remove", "--client", "web", "--all", "1"], 1, "Say which documents: their ids, or --all"),
        (["remove", "--client", "web", "1"], 1, "'web' has no such documents; see: uv run server.py documents list "),
    ],
)
def test_what_cannot_be_done_is_told_with_the_remedy(run: Run, arguments: list[str], code: int, said: str) -> None:
    found, _, (line,) = run("documents", *arguments)
    assert found == code
    assert line.startswith(f"error: {said}")


def test_a_dead_database_is_told(run: Run) -> None:
    code, _, (line,) = run("documents", "list", HEDDLE_HOUSE_DATABASE_URL="postgresql://h:hunter2@127.0.0.1:1/house")
    assert code == 1
    assert line.startswith("error: The database 'house' does not answer: ")
    assert line.endswith("; start it, or correct HEDDLE_HOUSE_DATABASE_URL")
    assert "hunter2" not in line


def test_every_worker_serves_them_without_a_restart(run: Run, tmp_path: Path, manifest: str) -> None:
    hashed = {"documentId": f"sha256:{sha256_of(PRODUCTS)}"}
    settings = {"HEDDLE_DOCUMENTS": "trusted"}
    with started(tmp_path, "--scale", "0.005", "--workers", "2", "--no-sandbox", **settings, **NO_SERVICES) as command:

        def codes() -> set[str | None]:
            """What a dozen connections hear, of both workers as like as not."""
            answers = [command.ask(hashed, {}) for _ in range(12)]
            return {answer["errors"][0]["extensions"]["code"] if "errors" in answer else None for answer in answers}

        assert codes() == {"DOCUMENT_NOT_FOUND"}
        assert command.ask({"query": PRODUCTS}, {})["errors"][0]["extensions"] == {"code": "DOCUMENT_NOT_TRUSTED"}
        assert run(*WRITE, manifest, "--data", str(tmp_path / "data"))[0] == 0
        until(lambda: codes() == {None})
        assert run("documents", "remove", "--client", "web", "--all", "--data", str(tmp_path / "data"))[0] == 0
        until(lambda: codes() == {"DOCUMENT_NOT_FOUND"})


def until(so: Any) -> None:
    deadline = time.monotonic() + ENDS_IN_S
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
