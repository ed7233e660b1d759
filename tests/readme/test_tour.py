"""The tour of README, from its top to its bottom over the sample data: the answers are those that are printed."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from datasources.sandbox.process import Sandbox
from house import House
from tests.gateway_client import Gateway
from tests.readme.blocks import README, blocks
from tests.readme.conftest import filled, person

COST = re.compile(r"It cost (\d+) statements and batched calls")


@pytest.fixture
async def house(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[House]:
    """As large as a person's: the tour tells figures."""
    async with filled(sandbox, tmp_path, 1.0) as house:
        yield house


async def test_tour_is_answered_as_it_is_printed_and_costs_what_it_says(gateway: Gateway, house: House) -> None:
    query, buying, *again = [block for block in blocks() if (block.heading, block.language) == ("A tour", "graphql")]
    answers = [json.loads(block.text) for block in blocks() if (block.heading, block.language) == ("A tour", "json")]
    assert await gateway.ask(query.text, as_=await person(house, "admin@example.com")) == answers[0]
    assert gateway.calls.total() == int(COST.findall(README)[0])
    ada = await person(house, "ada@example.com")
    for mutation, answer in zip([buying, *again, *again], [*answers[1:], *answers[2:]], strict=True):
        assert await gateway.ask(mutation.text, as_=ada) == answer
