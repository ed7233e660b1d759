"""What is in the parts, in both forms: deferred fragments, streamed lists, and their errors.

How much goes into one part depends on how fast the client reads: what is late is looked at as if it were one.
"""

from typing import Any

import pytest

from tests.gateway.example import SECRET, Script
from tests.gateway.incremental.asking import BY_ID, BY_PATH, parts_of
from tests.logs import logged


async def by_id(port: int, query: str, variables: dict[str, Any] | None = None) -> tuple[Any, Any]:
    return _first_and_late(await parts_of(port, query, variables, accept=BY_ID))


async def by_path(port: int, query: str, variables: dict[str, Any] | None = None) -> tuple[Any, Any]:
    first, late = _first_and_late(await parts_of(port, query, variables, accept=BY_PATH))
    return first, late.pop("incremental", [])


def _first_and_late(parts: list[Any]) -> tuple[Any, Any]:
    assert [part.pop("hasNext") for part in parts] == [True] * (len(parts) - 1) + [False]
    late: dict[str, list[Any]] = {}
    for part in parts[1:]:
        for name, members in part.items():
            late.setdefault(name, []).extend(members)
    return parts[0], late


def bad(column: int, *path: str | int) -> dict[str, Any]:
    extensions = {"code": "INVALID_INPUT", "field": "bad"}
    return {
        "message": "This is bad.",
        "extensions": extensions,
        "locations": [{"line": 1, "column": column}],
        "path": [*path],
    }


async def test_a_deferred_fragment(port: int, script: Script) -> None:
    query = '{ pairs(keys: ["a", "b"]) { key ... @defer(label: "late") { x } } takes }'
    data = {"pairs": [{"key": "a"}, {"key": "b"}], "takes": 0}
    at_a, at_b = ({"path": ["pairs", index], "label": "late"} for index in range(2))
    assert await by_id(port, query) == (
        {"data": data, "pending": [{"id": "0", **at_a}, {"id": "1", **at_b}]},
        {
            "incremental": [{"id": "0", "data": {"x": "A"}}, {"id": "1", "data": {"x": "B"}}],
            "completed": [{"id": "0"}, {"id": "1"}],
        },
    )
    assert await by_path(port, query) == (
        {"data": data},
        [{"data": {"x": "A"}, **at_a}, {"data": {"x": "B"}, **at_b}],
    )
    assert script.batches == [["a", "b"]] * 2, "one call for the late parts of all rows"


async def test_a_fragment_at_the_root_without_a_label(port: int) -> None:
    query = "{ takes ...Late @defer } fragment Late on Query { a { x } takes }"
    assert await by_id(port, query) == (
        {"data": {"takes": 0}, "pending": [{"id": "0", "path": []}]},
        {"incremental": [{"id": "0", "data": {"a": {"x": "X"}}}], "completed": [{"id": "0"}]},
    )
    assert await by_path(port, query) == ({"data": {"takes": 0}}, [{"data": {"a": {"x": "X"}}, "path": []}])


async def test_a_fragment_in_a_fragment_comes_after_it(port: int) -> None:
    query = '{ a { ... @defer(label: "outer") { twin { key ... @defer(label: "inner") { x } } } key } }'
    outer, inner = {"path": ["a"], "label": "outer"}, {"path": ["a", "twin"], "label": "inner"}
    assert await by_id(port, query) == (
        {"data": {"a": {"key": "x"}}, "pending": [{"id": "0", **outer}]},
        {
            "pending": [{"id": "1", **inner}],
            "incremental": [{"id": "0", "data": {"twin": {"key": "xx"}}}, {"id": "1", "data": {"x": "XX"}}],
            "completed": [{"id": "0"}, {"id": "1"}],
        },
    )
    assert await by_path(port, query) == (
        {"data": {"a": {"key": "x"}}},
        [{"data": {"twin": {"key": "xx"}}, **outer}, {"data": {"x": "XX"}, **inner}],
    )


async def test_what_two_fragments_share_comes_once_even_if_one_fails(port: int) -> None:
    query = '{ a { ... @defer(label: "one") { twin { key x } } ... @defer(label: "two") { twin { key bad } } } }'
    one, two = {"path": ["a"], "label": "one"}, {"path": ["a"], "label": "two"}
    errors = [bad(89, "a", "twin", "bad")]
    assert await by_id(port, query) == (
        {"data": {"a": {}}, "pending": [{"id": "0", **one}, {"id": "1", **two}]},
        {
            "incremental": [
                {"id": "0", "data": {"twin": {"key": "xx"}}},
                {"id": "0", "subPath": ["twin"], "data": {"x": "XX"}},
            ],
            "completed": [{"id": "1", "errors": errors}, {"id": "0"}],
        },
    )
    assert await by_path(port, query) == (
        {"data": {"a": {}}},
        [
            {"data": None, **two, "errors": errors},
            {"data": {"twin": {"key": "xx"}}, **one},
            {"data": {"x": "XX"}, "path": ["a", "twin"], "label": "one"},
        ],
    )


@pytest.mark.parametrize("late", [True, False])
async def test_variables_say_whether_anything_is_late(port: int, late: bool) -> None:
    query = """
    query ($late: Boolean!) {
      takes ... @defer(if: $late) { a { x } } ... @defer { b { x } } pairs(keys: ["a"]) @stream(if: $late) { x }
    }
    """
    first, _ = await by_id(port, query, {"late": late})
    assert [place["path"] for place in first["pending"]] == ([[], [], ["pairs"]] if late else [[]])
    assert first["data"].keys() == ({"takes", "pairs"} if late else {"takes", "a", "pairs"})


async def test_a_streamed_list(port: int, script: Script) -> None:
    query = '{ pairs(keys: ["a", "b", "c", "d"]) @stream(initialCount: 1, label: "rest") { key x } takes }'
    data = {"pairs": [{"key": "a", "x": "A"}], "takes": 0}
    items = [{"key": "b", "x": "B"}, {"key": "c", "x": "C"}, {"key": "d", "x": "D"}]
    assert await by_id(port, query) == (
        {"data": data, "pending": [{"id": "0", "path": ["pairs"], "label": "rest"}]},
        {"incremental": [{"id": "0", "items": items}], "completed": [{"id": "0"}]},
    )
    assert await by_path(port, query) == (
        {"data": data},
        [{"items": items, "path": ["pairs", 1], "label": "rest"}],
    )
    assert script.batches == [["a"], ["b", "c", "d"]] * 2, "one call for all late items"


async def test_a_list_that_is_no_longer_than_its_beginning(port: int) -> None:
    query = 'query ($initial: Int) { pairs(keys: ["a", "b"]) @stream(initialCount: $initial) { key } }'
    data = {"pairs": [{"key": "a"}, {"key": "b"}]}
    assert await by_id(port, query, {"initial": 2}) == (
        {"data": data, "pending": [{"id": "0", "path": ["pairs"]}]},
        {"completed": [{"id": "0"}]},
    )
    assert await by_path(port, query, {"initial": 2}) == ({"data": data}, [])
    assert await by_id(port, query, {"initial": 3}) == ({"data": data}, {})


async def test_a_fragment_in_streamed_items(port: int) -> None:
    query = '{ pairs(keys: ["a", "b", "c"]) @stream(initialCount: 1) { key ... @defer { x } } }'
    assert await by_id(port, query) == (
        {
            "data": {"pairs": [{"key": "a"}]},
            "pending": [{"id": "0", "path": ["pairs", 0]}, {"id": "1", "path": ["pairs"]}],
        },
        {
            "pending": [{"id": "2", "path": ["pairs", 1]}, {"id": "3", "path": ["pairs", 2]}],
            "incremental": [
                {"id": "1", "items": [{"key": "b"}, {"key": "c"}]},
                {"id": "0", "data": {"x": "A"}},
                {"id": "2", "data": {"x": "B"}},
                {"id": "3", "data": {"x": "C"}},
            ],
            "completed": [{"id": "1"}, {"id": "0"}, {"id": "2"}, {"id": "3"}],
        },
    )
    assert await by_path(port, query) == (
        {"data": {"pairs": [{"key": "a"}]}},
        [
            {"items": [{"key": "b"}, {"key": "c"}], "path": ["pairs", 1]},
            {"data": {"x": "A"}, "path": ["pairs", 0]},
            {"data": {"x": "B"}, "path": ["pairs", 1]},
            {"data": {"x": "C"}, "path": ["pairs", 2]},
        ],
    )


async def test_a_list_streamed_in_a_fragment(port: int) -> None:
    query = '{ ... @defer { pairs(keys: ["a", "b", "c"]) @stream(initialCount: 2) { key } } }'
    assert await by_id(port, query) == (
        {"data": {}, "pending": [{"id": "0", "path": []}]},
        {
            "pending": [{"id": "1", "path": ["pairs"]}],
            "incremental": [
                {"id": "0", "data": {"pairs": [{"key": "a"}, {"key": "b"}]}},
                {"id": "1", "items": [{"key": "c"}]},
            ],
            "completed": [{"id": "0"}, {"id": "1"}],
        },
    )
    assert await by_path(port, query) == (
        {"data": {}},
        [
            {"data": {"pairs": [{"key": "a"}, {"key": "b"}]}, "path": []},
            {"items": [{"key": "c"}], "path": ["pairs", 2]},
        ],
    )


async def test_an_error_in_a_late_part_leaves_the_rest_of_it(port: int) -> None:
    query = '{ takes ... @defer { a { x twin { bad } } } pairs(keys: ["b"]) @stream { key twin { bad } } }'
    data = {"a": {"x": "X", "twin": None}}
    items = [{"key": "b", "twin": None}]
    in_fragment, in_items = [bad(35, "a", "twin", "bad")], [bad(85, "pairs", 0, "twin", "bad")]
    assert await by_id(port, query) == (
        {"data": {"takes": 0, "pairs": []}, "pending": [{"id": "0", "path": []}, {"id": "1", "path": ["pairs"]}]},
        {
            "incremental": [
                {"id": "1", "items": items, "errors": in_items},
                {"id": "0", "data": data, "errors": in_fragment},
            ],
            "completed": [{"id": "1"}, {"id": "0"}],
        },
    )
    assert await by_path(port, query) == (
        {"data": {"takes": 0, "pairs": []}},
        [
            {"items": items, "path": ["pairs", 0], "errors": in_items},
            {"data": data, "path": [], "errors": in_fragment},
        ],
    )


async def test_a_null_where_none_may_be_takes_its_fragment_and_no_other(port: int) -> None:
    query = '{ a { key ... @defer(label: "bad") { x bad } ... @defer { x } } }'
    failed = {"path": ["a"], "label": "bad"}
    errors = [bad(40, "a", "bad")]
    assert await by_id(port, query) == (
        {"data": {"a": {"key": "x"}}, "pending": [{"id": "0", **failed}, {"id": "1", "path": ["a"]}]},
        {"incremental": [{"id": "1", "data": {"x": "X"}}], "completed": [{"id": "0", "errors": errors}, {"id": "1"}]},
    )
    assert await by_path(port, query) == (
        {"data": {"a": {"key": "x"}}},
        [{"data": None, **failed, "errors": errors}, {"data": {"x": "X"}, "path": ["a"]}],
    )


async def test_a_null_in_a_list_that_has_none_ends_its_stream(port: int) -> None:
    query = "query ($keys: [String!]!) { surePairs(keys: $keys) @stream(initialCount: 1) { key x } takes }"
    keys = {"keys": ["a", "b", "boom"]}
    data = {"surePairs": [{"key": "a", "x": "A"}], "takes": 0}
    first, late = await by_id(port, query, keys)
    assert first == {"data": data, "pending": [{"id": "0", "path": ["surePairs"]}]}
    ((end,),) = late.values()
    assert (end["id"], [error["path"] for error in end["errors"]]) == ("0", [["surePairs", 1, "x"]])
    first, (end,) = await by_path(port, query, keys)
    assert first == {"data": data}
    assert (end["items"], end["path"], len(end["errors"])) == (None, ["surePairs", 1], 1)


async def test_an_item_that_fails_at_once_comes_after_those_before_it(port: int) -> None:
    query = '{ surePairs(keys: ["a", "b", "nobody", "c"]) @stream { key x } }'
    first, late = await by_id(port, query)
    assert first == {"data": {"surePairs": []}, "pending": [{"id": "0", "path": ["surePairs"]}]}
    items = [item for piece in late["incremental"] for item in piece["items"]]
    assert items == [{"key": "a", "x": "A"}, {"key": "b", "x": "B"}]
    assert [(end["id"], end["errors"][0]["path"]) for end in late["completed"]] == [("0", ["surePairs", 2])]


async def test_a_null_above_takes_what_is_late_with_it(port: int, script: Script) -> None:
    query = '{ takes a { bad ... @defer { x } } surePairs(keys: ["a", "b"]) @stream(initialCount: 1) { bad x } }'
    (answer,) = await parts_of(port, query)
    assert answer["data"] == {"takes": 0, "a": None, "surePairs": None}
    assert sorted(error["path"] for error in answer["errors"]) == [["a", "bad"], ["surePairs", 0, "bad"]]
    assert script.batches in ([], [["a"]]), "nothing is loaded for what nobody gets"


async def test_bugs_in_late_parts_are_masked_and_logged_once(port: int) -> None:
    query = '{ pairs(keys: ["a", "boom"]) { key ... @defer { x } } ... @defer { raisesAsync } }'
    for accept in (BY_ID, BY_PATH, "text/event-stream"):
        with logged() as log:
            _, *late = await parts_of(port, query, accept=accept)
        pieces = [piece for part in late for name in ("incremental", "completed") for piece in part.get(name, ())]
        errors = [error for piece in pieces for error in piece.get("errors", ())]
        (request_id,) = {error["extensions"]["requestId"] for error in errors}
        assert sorted(error["path"] for error in errors) == [["pairs", 0, "x"], ["pairs", 1, "x"], ["raisesAsync"]]
        for error in errors:
            assert error["message"] == f"Something went wrong on our side; tell us the request id {request_id}."
            assert error["extensions"] == {"code": "INTERNAL", "requestId": request_id}
        assert SECRET not in str(late)
        assert [entry["event"] for entry in log.entries] == ["bug", "bug", "operation"]
        assert log.of("operation", "outcome", "codes") == [("partial", ["INTERNAL"])]


@pytest.mark.parametrize("initial", [-1, None])
async def test_a_beginning_is_no_less_than_nothing(port: int, initial: int | None) -> None:
    query = "query ($initial: Int) { takes twins: pairs(keys: []) @stream(initialCount: $initial) { key } }"
    (answer,) = await parts_of(port, query, {"initial": initial})
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "INVALID_INPUT", "field": "initialCount"}]
