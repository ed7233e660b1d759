"""What the explorer gives people to try is answered over the sample data, and has in it all of README's tour."""

import re
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from graphql import OperationType, get_operation_ast, parse, print_ast

from datasources.actor import ANONYMOUS, Actor
from house import House
from tests.gateway.serving import served
from tests.gateway.streams.reading import subscribed
from tests.gateway_client import Gateway
from tests.readme.blocks import ROOT, blocks


def printed(document: str) -> str:
    """In the one way in which all who mean the same are written."""
    return print_ast(parse(document))


TOUR = {printed(block.text) for block in blocks() if (block.heading, block.language) == ("A tour", "graphql")}
"""Its answers are looked at in test_tour.py."""
FILES = sorted((ROOT / "explorer" / "examples").glob("*.graphql"))


class Example(NamedTuple):
    title: str
    email: str | None
    text: str


def examples(file: Path) -> list[Example]:
    """As the page reads them: `### Title`, then `# as EMAIL` if it is for somebody."""
    found = re.findall(r"^### ([^\n]+)\n(?:# as (\S+)\n)?(.+?)(?=^### |\Z)", file.read_text(), re.M | re.S)
    return [Example(title, email or None, text) for title, email, text in found]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_each_is_answered(gateway: Gateway, house: House, file: Path) -> None:
    people: dict[str | None, Actor] = {None: ANONYMOUS}
    people.update(await house.people())
    live = [example for example in examples(file) if kind(example) is OperationType.SUBSCRIPTION]
    for example in examples(file):
        if example not in live and printed(example.text) not in TOUR:
            answer = await gateway.ask(example.text, as_=people[example.email])
            assert answer.keys() == {"data"}, example.title
    async with served(house.app, lifespan="off") as port, httpx.AsyncClient() as http:
        http.base_url = f"http://127.0.0.1:{port}/graphql"
        for example in live:
            headers = gateway.headers(people[example.email])
            async with subscribed(http, from_the_oldest(example.text), headers=headers) as stream:
                event, told = await stream.hear()
            assert (event, told.keys()) == ("next", {"data"}), example.title


def kind(example: Example) -> OperationType:
    operation = get_operation_ast(parse(example.text))
    assert operation, f"'{example.title}' is more than one operation"
    return operation.operation


def from_the_oldest(subscription: str) -> str:
    """It begins with what the mutations among the examples did."""
    return re.sub(r"(\w+Events)(?:\((.*?)\))?", r'\1(after: "oldest" \2)', subscription, count=1)


def test_all_of_the_tour_is_among_them() -> None:
    assert TOUR
    assert {printed(example.text) for file in FILES for example in examples(file)} >= TOUR
