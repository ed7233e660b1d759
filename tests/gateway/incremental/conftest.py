from collections.abc import AsyncIterator

import pytest

from tests.gateway.example import Script, example
from tests.gateway.serving import served


@pytest.fixture
async def port(script: Script) -> AsyncIterator[int]:
    async with served(example(script)) as port:
        yield port
