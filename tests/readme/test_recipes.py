"""The recipes of CONTRIBUTING, followed to the letter in a copy of this tree."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.readme.blocks import CONTRIBUTING, ROOT, blocks
from tests.readme.recipes import follow

LAYERS = ["commands", "datasources", "gateway", "loaders", "resolvers", "schema", "tests"]
TOOLS = Path(sys.executable).parent
FILES = ["house.py", "server.py", "pyproject.toml", "README.md"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for layer in LAYERS:
        shutil.copytree(ROOT / layer, tmp_path / layer, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        shutil.copy(ROOT / file, tmp_path)
    return tmp_path


def run(tree: Path, *command: str | Path, stdin: str = "") -> str:
    done = subprocess.run(command, cwd=tree, input=stdin, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("recipe", ["Add a field", "Add a REST service", "Add a database table"])
def test_recipe_answers_as_it_says_and_stays_in_style(recipe: str, tree: Path) -> None:
    code, query, answer = (
        "\n".join(block.text for block in blocks(CONTRIBUTING) if (block.heading, block.language) == (recipe, language))
        for language in ("python", "graphql", "json")
    )
    touched = follow(code, tree)
    run(tree, TOOLS / "ruff", "check", "--select", "I", "--fix", *touched)
    run(tree, TOOLS / "ruff", "check", *touched)
    run(tree, TOOLS / "ruff", "format", "--check", *touched)
    run(tree, TOOLS / "lint-imports")
    assert json.loads(run(tree, sys.executable, "-m", "tests.readme.trial", stdin=query)) == json.loads(answer)
