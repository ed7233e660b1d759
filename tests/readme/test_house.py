"""What README says of the house is so: its links lead somewhere, its lists are complete."""

import re
from collections.abc import Iterator

import pytest

import gateway.errors
import gateway.websocket
from datasources.errors import HeddleError
from schema.graph import build
from tests.gateway_client import Gateway
from tests.readme.blocks import README, ROOT, blocks


def under(heading: str) -> str:
    return README.partition(f"# {heading}\n")[2].partition("\n#")[0]


def codes(kind: type[HeddleError]) -> Iterator[str]:
    for below in kind.__subclasses__():
        if "code" in vars(below):  # those between, which nobody raises, have none of their own
            yield below.code
        yield from codes(below)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_lead_to_files(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_whatever_is_defended_is_tried_somewhere() -> None:
    page = (ROOT / "SECURITY.md").read_text()
    _, _, *defences = re.findall(r"^\|.*\|$", page, re.M)
    assert defences
    assert [row for row in defences if not re.search(r"\]\(tests/[a-z0-9_/]+/test_[a-z0-9_]+\.py\)", row)] == []


def test_map_of_folders_is_complete() -> None:
    house = next(block for block in blocks() if block.heading == "The house")
    told = {line.split()[0].rstrip("/") for line in house.text.splitlines()}
    there = {path.name for path in ROOT.iterdir() if path.suffix == ".py" or any(path.glob("*.py"))}
    assert told == there


OF_DOMAINS = ("COMMERCE_", "SOCIAL_", "FINANCE_", "ENTERPRISE_")


def test_table_of_errors_is_complete() -> None:
    table = set(re.findall(r"`([A-Z][A-Z_]+)`", under("Errors")))
    raised = {code for code in codes(HeddleError) if not code.startswith(OF_DOMAINS)} - {"REFUSED"} - {"REFUSED"}
    masked = {value for name, value in vars(gateway.errors).items() if name.isupper() and isinstance(value, str)} | {
        "INTERNAL"
    }
    assert table == raised | masked | {
        "COMMERCE_OUT_OF_STOCK",
        "SOCIAL_NO_PROFILE",
        "FINANCE_LIMIT_REACHED",
        "ENTERPRISE_CYCLE",
    }


def test_scopes_are_those_of_the_graph() -> None:
    asked = set(re.findall(r'scope: "([a-z:]+)"', build().as_str()))
    told = set(re.findall(r"`([a-z]+:[a-z]+)`", under("What clients can rely on")))
    assert asked <= told


async def test_the_field_through_four_files_costs_two_statements(gateway: Gateway) -> None:
    (query,) = re.findall(r"`(.+)` costs two statements", README)
    await gateway.data(query)
    assert gateway.calls == {"categories": 1, "commerce.children_by_category": 1}
