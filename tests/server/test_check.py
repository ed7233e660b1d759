"""The check, as it is run before a change goes live."""

import json
from pathlib import Path

import pytest
import strawberry

import commands.graph
from tests.server.command import Run

FINE = "All 1 registered documents are served.\nNo edge or resolver loads one by one.\n"


@pytest.fixture
def released(tmp_path: Path) -> Path:
    file = tmp_path / "released.graphql"
    file.write_text(commands.graph.SDL.read_text())
    return file


@pytest.fixture
def registered(run: Run, tmp_path: Path) -> None:
    """A document of the client 'web', in the data directory of the test."""
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"1": "query Names { products { nodes { name } } }"}))
    assert run("documents", "add", "--client", "web", str(manifest))[0] == 0


def test_without_changes_and_documents_nothing_breaks_and_nothing_is_made(run: Run, tmp_path: Path) -> None:
    assert run("check") == (
        0,
        "Compared with schema/schema.graphql:\nNothing breaks, and nothing is dangerous.\n"
        "No documents are registered.\nNo edge or resolver loads one by one.\n",
        [],
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("registered")
def test_a_released_schema_is_compared_with_this_one(run: Run, released: Path) -> None:
    assert run("check", "--against", str(released))[:2] == (
        0,
        f"Compared with {released}:\nNothing breaks, and nothing is dangerous.\n{FINE}",
    )
    released.write_text(f"{released.read_text()}\nextend type Product {{ colour: String }}")
    code, said, _ = run("check", "--against", str(released))
    assert (code, said) == (
        1,
        f"Compared with {released}:\nbreaking   Field Product.colour was removed.\n"
        f"           no registered document uses it\n{FINE}",
    )
    code, said, _ = run("check", "--against", str(released), HEDDLE_DOCUMENTS="trusted")
    assert (code, said.splitlines()[1]) == (0, "unused     Field Product.colour was removed.")


@pytest.mark.usefixtures("registered")
def test_documents_that_are_not_served_any_more_are_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        async def products(self) -> str | None:
            return None

    monkeypatch.setattr(commands.graph, "build", lambda: strawberry.Schema(Query))
    code, said, _ = run("check")
    assert code == 1
    assert "breaking   Field Query.products changed type from ProductConnection to String." in said
    assert "           web: query Names (1)\n" in said
    refused = "refused    web: query Names (1), line 1, column 24: Field 'products' must not have a selection since "
    assert [line for line in said.splitlines() if line.startswith("refused")] == [
        f"{refused}type 'String' has no subfields."
    ]


def test_what_is_no_schema_is_told(run: Run, released: Path) -> None:
    released.write_text("type Query {")
    assert run("check", "--against", str(released)) == (
        1,
        "",
        [f"error: '{released}' is no schema: Syntax Error: Expected Name, found <EOF>."],
    )
    code, _, (line,) = run("check", "--against", "none.graphql")
    assert code == 2
    assert line.startswith('error: Invalid value "none.graphql" for --against. "none.graphql" does not exist.')
