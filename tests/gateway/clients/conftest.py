from collections.abc import AsyncIterator

import pytest

from tests.gateway.example import Script, example
from tests.gateway.serving import served


@pytest.fixture
async def url(script: Script) -> AsyncIterator[str]:
    async with served(example(script)) as port:
        yield f"http://127.0.0.1:{port}/graphql"
