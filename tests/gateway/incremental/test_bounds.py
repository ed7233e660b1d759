"""However much a document asks to be late, an operation has few parts: what is beyond comes with what is around it."""

import pytest

import gateway.incremental.executor as executor
from tests.gateway.example import Script
from tests.gateway.incremental.asking import parts_of


@pytest.fixture(autouse=True)
def _three_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "MAX_PARTS", 3)


async def test_fragments_beyond_come_at_once(port: int, script: Script) -> None:
    first, late = await parts_of(port, '{ pairs(keys: ["a", "b", "c", "d", "e"]) { key ... @defer { x } } }')
    assert first["data"]["pairs"] == [
        {"key": "a"},
        {"key": "b"},
        {"key": "c"},
        {"key": "d", "x": "D"},
        {"key": "e", "x": "E"},
    ]
    assert [piece["data"] for piece in late["incremental"]] == [{"x": "A"}, {"x": "B"}, {"x": "C"}]
    assert script.batches == [["d", "e"], ["a", "b", "c"]]


async def test_fragments_beyond_in_late_parts_come_with_these(port: int) -> None:
    query = """{
      pairs(keys: ["a", "b"]) { ... @defer { key twin { ... @defer { key } ... @defer { x } } } }
    }"""
    first, *late = await parts_of(port, query)
    assert first["data"]["pairs"] == [{}, {}]
    assert [piece["data"] for part in late for piece in part.get("incremental", ())] == [
        {"key": "a", "twin": {"key": "aa", "x": "AA"}},
        {"key": "b", "twin": {"key": "bb", "x": "BB"}},
    ]


async def test_lists_beyond_come_whole(port: int) -> None:
    query = "{" + " ".join(f'p{index}: pairs(keys: ["a"]) @stream {{ x }}' for index in range(5)) + "}"
    first, *_ = await parts_of(port, query)
    assert first["data"] == {"p0": [], "p1": [], "p2": [], "p3": [{"x": "A"}], "p4": [{"x": "A"}]}
    assert len(first["pending"]) == 3
