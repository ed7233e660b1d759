"""The language of conditions: what is written is what is meant, whatever somebody writes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.errors import InvalidInput
from resolvers.enterprise.processes.conditions import (
    MAX_DEPTH,
    All,
    Comparison,
    Condition,
    Kind,
    Not,
    Sign,
    Some,
    check,
    meets,
    parse,
    show,
)

NAMES = ("available", "currency", "urgent", "x_1")
VALUES = st.integers(-(10**18) + 1, 10**18 - 1) | st.text(max_size=6) | st.booleans()
COMPARISONS = st.builds(Comparison, st.sampled_from(NAMES), st.sampled_from(Sign), VALUES)


def _nested(inside: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    parts = st.lists(inside, min_size=2, max_size=3).map(tuple)
    return st.builds(Not, inside) | st.builds(All, parts) | st.builds(Some, parts)


CONDITIONS = st.recursive(COMPARISONS, _nested, max_leaves=8)


def depth(condition: Condition) -> int:
    match condition:
        case Not(part):
            return 1 + depth(part)
        case All(parts) | Some(parts):
            return 1 + max(map(depth, parts))
    return 0


@given(CONDITIONS.filter(lambda condition: depth(condition) < MAX_DEPTH // 2))
def test_what_is_shown_is_parsed_to_the_same(condition: Condition) -> None:
    text = show(condition)
    if len(text) <= 1_000:
        assert parse(text) == condition


@given(
    st.text()
    | st.lists(st.sampled_from(["a", "<", "=", '"', "\\", "(", ")", "and", "or", "not", " ", "1", "true"])).map("".join)
)
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    with suppress(InvalidInput):
        assert parse(show(parse(text))) == parse(text)


@given(CONDITIONS, st.dictionaries(st.sampled_from(NAMES), VALUES | st.none()))
def test_it_is_met_or_not_and_never_met_beside_its_opposite(condition: Condition, values: dict[str, object]) -> None:
    assert not (meets(values, condition) and meets(values, Not(condition)))
    if not values:
        assert not meets(values, condition)


@pytest.mark.parametrize(
    ("text", "values", "met"),
    [
        ('available < 10 and warehouse = "w"', {"available": 9, "warehouse": "w"}, True),
        ('available < 10 and warehouse = "w"', {"available": 10, "warehouse": "w"}, False),
        ("a = 1 or b = 2 and c = 3", {"a": 1, "b": 0, "c": 0}, True),
        ("(a = 1 or b = 2) and c = 3", {"a": 1, "b": 0, "c": 0}, False),
        ("not gone = 1", {}, False),
        ("not gone = 1 or here = true", {"here": True}, True),
        ("here = 1", {"here": True}, False),
    ],
)
def test_what_it_means(text: str, values: dict[str, object], met: bool) -> None:
    assert meets(values, parse(text)) is met


FIELDS = {"available": Kind.NUMBER, "currency": Kind.TEXT, "urgent": Kind.FLAG}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Column 1 of `when`: expected a comparison such as `amount_minor >= 1000`, found the end."),
        ("available <", 'Column 12 of `when`: expected a whole number, a "text", true or false, found the end.'),
        ("available < 1 available", "Column 15 of `when`: expected `and`, `or` or the end, found `available`."),
        ("available ~ 1", "Column 11 of `when`: expected a field, a sign, a whole number of 18 digits at most"),
        ("(available < 1", "Column 15 of `when`: expected `and`, `or` or `)`, found the end."),
        ("available", "Column 10 of `when`: expected one of = != < <= > >=, found the end."),
        ("(" * 12 + "available < 1" + ")" * 12, "nested more than 10 deep"),
        ("available < 1 and " * 60 + "available < 1", "write 1000 at most"),
        ("there < 1", "There is no field `there` here; it may be one of available (number), currency (text)"),
        ('available = "1"', 'available` is a number, and `"1"` is not'),
        ("available = true", "available` is a number, and `true` is not"),
        ("urgent = 1", "urgent` is true or false, and `1` is not"),
        ('currency < "EUR"', "currency` is a text, which is compared by = and != only"),
    ],
)
def test_what_is_refused_says_where_and_what_to_do(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check(parse(text), FIELDS)
    assert said in refusal.value.message
