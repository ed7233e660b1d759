"""The house keeps its layers, and loses a domain without falling down."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from schema.graph import DOMAINS

REPOSITORY = Path(__file__).parents[2]
LAYERS = ("commands", "gateway", "schema", "resolvers", "loaders", "datasources")
LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"]
SERVE = """
import asyncio, httpx, pathlib
from datasources.settings import Settings, read
from gateway.logs import configure_logs
from house import House
from schema.graph import DOMAINS

async def main():
    services = ("rates", "payments", "carriers", "recommendations", "screening")
    nowhere = {f"{name}_url": "http://127.0.0.1:9" for name in services}
    own = {domain.name: read(domain.settings, **nowhere) for domain in DOMAINS}
    house = House(read(Settings, data=pathlib.Path("data"), **nowhere), own)
    async with house.app.router.lifespan_context(house.app):
        transport = httpx.ASGITransport(app=house.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as http:
            print((await http.get("/health/live")).text)
            print((await http.post("/graphql", json={"query": "{ __typename nodes(ids: []) { id } }"})).text)

configure_logs()
asyncio.run(main())
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources of the house, to be changed."""
    without = shutil.ignore_patterns("__pycache__", "*.db*")
    for layer in LAYERS:
        shutil.copytree(REPOSITORY / layer, tmp_path / layer, ignore=without)
    shutil.copytree(REPOSITORY / "tests" / "layering", tmp_path / "tests" / "layering", ignore=without)
    shutil.copy(REPOSITORY / "tests" / "__init__.py", tmp_path / "tests")
    for name in ("house.py", "server.py", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    return tmp_path


def run(command: list[str], directory: Path) -> tuple[int, str]:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def delete_domain(house: Path, name: str) -> None:
    """As DESIGN says: its folders, its loader file, its line in DOMAINS, and the links that have its name."""
    for layer in LAYERS:
        shutil.rmtree(house / layer / name, ignore_errors=True)
    (house / "loaders" / f"{name}.py").unlink()
    graph = house / "schema" / "graph.py"
    kept = [line for line in graph.read_text().splitlines() if not line.startswith(f"from schema.{name}.")]
    graph.write_text(re.sub(rf"\b{name.upper()}\b,? ?", "", "\n".join(kept)))
    links = house / "schema" / "links"
    gone = [path for path in links.iterdir() if name in path.stem.split("_")]
    for path in gone:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    listed = links / "__init__.py"
    left = [one for one in listed.read_text().splitlines() if not any(path.stem in one.lower() for path in gone)]
    listed.write_text("\n".join(left))


def test_the_contracts_hold_and_name_every_domain() -> None:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]
    (contract,) = (contract for contract in settings["contracts"] if contract["type"] == "domains")
    assert contract["domains"] == [domain.name for domain in DOMAINS]
    code, said = run(LINT, REPOSITORY)
    assert code == 0, said


def test_a_domain_that_reaches_into_another_breaks_the_contract(copy: Path) -> None:
    (copy / "resolvers" / "social" / "people.py").write_text("from resolvers.commerce import catalogue as catalogue\n")
    code, said = run(LINT, copy)
    assert code == 1
    assert re.findall(r"^\S+ imports \S+$", said, re.MULTILINE) == [
        "resolvers.social.people imports resolvers.commerce.catalogue"
    ]


def test_links_are_for_the_graph_alone(copy: Path) -> None:
    (copy / "schema" / "money.py").write_text("import schema.links as links\n")
    code, said = run(LINT, copy)
    assert code == 1
    assert "schema.money imports schema.links" in said


@pytest.mark.parametrize(
    "gone", [["social"], ["commerce"], ["finance"], ["enterprise"], ["commerce", "social"]], ids=" ".join
)
def test_without_a_domain_the_house_still_stands(gone: list[str], copy: Path) -> None:
    for name in gone:
        delete_domain(copy, name)
    code, said = run([sys.executable, "-c", SERVE], copy)
    assert code == 0, said
    assert '{"live":true}\n{"data":{"__typename":"Query","nodes":[]}}\n' in said
