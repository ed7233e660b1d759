"""The audit of GraphQL over HTTP by the package `graphql-http`, against a real server."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.example import Script, example
from tests.gateway.serving import PATIENCE_S, served

HERE = Path(__file__).parent
READY = shutil.which("node") is not None and (HERE / "node_modules").is_dir()
CHECKS = 61
"""That this release of the audit makes."""


@pytest.mark.skipif(
    not READY and "CI" not in os.environ, reason="needs node, and once: npm ci --prefix tests/gateway/audit"
)
async def test_no_check_fails_not_even_a_notice(script: Script) -> None:
    async with served(example(script)) as port:
        checks = await audit(f"http://127.0.0.1:{port}/graphql")
    assert [check for check in checks if check["status"] != "ok"] == []
    assert len(checks) == CHECKS


async def audit(url: str) -> list[dict[str, Any]]:
    node = await asyncio.create_subprocess_exec("node", HERE / "audit.js", url, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(PATIENCE_S):
        printed, _ = await node.communicate()
    assert node.returncode == 0
    checks: list[dict[str, Any]] = json.loads(printed)
    return checks
