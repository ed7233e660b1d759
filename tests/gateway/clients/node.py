"""Programs that ask with the clients of others, run by node. package.json lists them."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
READY = shutil.which("node") is not None and (HERE / "node_modules").is_dir()
PATIENCE_S = 60

needs_node = pytest.mark.skipif(
    not READY and "CI" not in os.environ, reason="needs node, and once: npm ci --prefix tests/gateway/clients"
)


async def told(program: str, **asked: Any) -> list[Any]:
    """What a program here says when it is asked this: its lines of JSON."""
    pipe = asyncio.subprocess.PIPE
    node = await asyncio.create_subprocess_exec("node", HERE / program, json.dumps(asked), stdout=pipe, stderr=pipe)
    async with asyncio.timeout(PATIENCE_S):
        said, complaints = await node.communicate()
    assert node.returncode == 0, complaints.decode()
    return [json.loads(line) for line in said.splitlines()]
