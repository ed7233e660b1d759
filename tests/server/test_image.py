"""The image and the composition, as far as one can try without building them: linted, complete, and well configured."""

import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from schema.graph import DOMAINS
from tests.server.command import ROOT, Run

TOOLS = Path(sys.executable).parent
COPIED = re.compile(r"^COPY (?!--from)(.+) (\S+)$", re.MULTILINE)
DOCKERFILE = (ROOT / "Dockerfile").read_text()
BASE = DOCKERFILE[DOCKERFILE.index(" AS base\n") : DOCKERFILE.index("FROM base AS development")]


@pytest.fixture(scope="module")
def composition() -> Any:
    return YAML(typ="safe").load(ROOT / "compose.yaml")


def told(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_both_are_linted() -> None:
    assert told(TOOLS / "hadolint", "Dockerfile") == ""
    told(TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")


def test_what_is_copied_into_the_image_is_all_that_it_takes(tmp_path: Path) -> None:
    ignored = [line.strip() for line in (ROOT / ".dockerignore").read_text().splitlines()]
    for sources, target in COPIED.findall(BASE):
        for source in sources.split():
            assert f"!{source}" in ignored, "what is not let in is not there to be copied"
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, tmp_path / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, tmp_path / target)
    assert told(sys.executable, "server.py", "schema", "--check", cwd=tmp_path) == ""
    assert "explorer/dist explorer/dist" in BASE
    assert any(fnmatch("explorer/dist", line) for line in ignored), "it is built in the image, of the same sources"


def test_the_composition_brings_every_database_and_secrets_of_its_own(run: Run, composition: Any) -> None:
    lines = [line for line in told(ROOT / "compose.env.sh").splitlines() if not line.startswith("#")]
    given = dict(line.split("=", 1) for line in lines)
    again = told(ROOT / "compose.env.sh")
    shared = {name for name, value in given.items() if f"{name}={value}" in again}
    assert shared == {"POSTGRES_USER"}
    settings = {name: value for name, value in given.items() if name.startswith("HEDDLE_")}
    settings |= composition["services"]["gateway"]["environment"] | {"HEDDLE_HOST": "0.0.0.0"}
    _, said, complaints = run("doctor", "--json", **settings)
    assert complaints == []
    assert '"says": "all are your own"' in said
    made = re.findall(r"CREATE DATABASE (\w+);", composition["configs"]["databases"]["content"])
    assert made == ["house", *(domain.name for domain in DOMAINS)]
    named = [url.rpartition("/")[2] for name, url in given.items() if name.endswith("_DATABASE_URL")]
    assert named == made
    assert f"--dbname {made[-1]}" in composition["services"]["postgres"]["healthcheck"]["test"][1]
