"""What a document may be: as much as is allowed passes, one more is refused with the figure and the remedy."""

from collections.abc import Callable
from functools import partial

import pytest
from graphql import get_introspection_query

from gateway.limits import Limits
from gateway.limits.document import check, parsed
from gateway.limits.refusals import LimitExceeded
from tests.gateway.example import TOKENS, Script, example
from tests.gateway_client import Gateway
from tests.work import work

DEPTH = 15


def many(count: int, text: str) -> str:
    """`text` so many times, each with its number in the place of `#`."""
    return " ".join(text.replace("#", str(number)) for number in range(count))


def nested(levels: int) -> str:
    return "{ a " * levels + "}" * levels


def nested_by_fragments(levels: int) -> str:
    """Each fragment is spread twice, so that there are exponentially many places."""
    fragments = many(levels - 1, "fragment F# on T { a { ...G# ... { ...G# } } }")
    for number in range(levels - 1):
        fragments = fragments.replace(f"G{number} ", f"F{number + 1} ")
    return f"{{ ...F0 }} {fragments} fragment F{levels - 1} on T {{ a }}"


def root_fields(count: int) -> str:
    return f"{{ ...F {many(count - 1, 'a#')} }} fragment F on T {{ ... {{ a0 b }} }}"


def fragments(count: int) -> str:
    return f"{{ {many(count, '...F#')} }} {many(count, 'fragment F# on T { a }')}"


LIMITS: dict[str, tuple[int, Callable[[int], str], str]] = {
    "characters": (
        50_000,
        lambda n: "{ a }".ljust(n),
        "50,001 characters in its document, and 50,000 are allowed; pass long values as variables.",
    ),
    "tokens": (
        1_500,
        lambda n: f"{{ {'a ' * (n - 2)} }}",
        "too many tokens in its document, and 1,500 are allowed; ask for fewer fields at a time.",
    ),
    "comments": (
        500,
        lambda n: "{ a }" + "#\n" * n,
        "too many comments in its document, and 500 are allowed; leave them out.",
    ),
    "depth": (
        DEPTH,
        nested,
        "16 levels of fields, and 15 are allowed; ask for the inner ones by their ids in another request.",
    ),
    "depth, by fragments": (
        DEPTH,
        nested_by_fragments,
        "16 levels of fields, and 15 are allowed; ask for the inner ones by their ids in another request.",
    ),
    "rootFields": (50, root_fields, "51 root fields, and 50 are allowed; ask in several requests."),
    "aliases": (
        100,
        lambda n: f"{{ a {{ {many(n, 'a#: b')} }} }}",
        "101 aliases, and 100 are allowed; ask in several requests.",
    ),
    "fragments": (100, fragments, "101 fragments, and 100 are allowed; ask for fewer fields at a time."),
    "spreads": (
        200,
        lambda n: f"{{ a {{ {'...F ' * n} }} }} fragment F on T {{ a }}",
        "201 spreads of fragments, and 200 are allowed; spread each fragment once in a place.",
    ),
    "directives": (
        200,
        lambda n: f"query ($a: Int @b) {{ {'a @b ' * (n - 4)} ...F @b ... @b {{ a }} }} fragment F on T @b {{ a }}",
        "201 directives, and 200 are allowed; leave them out where they say nothing.",
    ),
    "directivesInOnePlace": (
        5,
        lambda n: f"{{ a {'@b ' * n} }}",
        "6 directives in one place, and 5 are allowed; leave them out where they say nothing.",
    ),
    "operations": (
        20,
        lambda n: many(n, "query Q# { a }"),
        "21 operations, and 20 are allowed; send the one that is to run.",
    ),
    "variables": (
        100,
        lambda n: f"query A {{ a }} query B ({many(n, '$v#: Int')}) {{ a }}",
        "101 variables, and 100 are allowed; put them together into input objects.",
    ),
    "valueDepth": (
        10,
        lambda n: f"{{ a(b: {'[{c: ' * (n // 2)}{'[1]' if n % 2 else '1'}{'}]' * (n // 2)}) }}",
        "11 levels of lists and objects in one value, and 10 are allowed; pass it as a variable of its type.",
    ),
    "valueDepth, of a default": (
        10,
        lambda n: f"query ($v: T = {'[' * n}1{']' * n}) {{ a }}",
        "11 levels of lists and objects in one value, and 10 are allowed; pass it as a variable of its type.",
    ),
    "valueSize": (
        200,
        lambda n: f"{{ a @b(c: [{'1 ' * n}]) }}",
        "201 items in one list or object, and 200 are allowed; pass it as a variable.",
    ),
    "digits": (
        100,
        lambda n: f"{{ a(b: [{'9' * n}], c: 1e5) }}",
        "101 digits in one number, and 100 are allowed; no number here needs as many.",
    ),
}


@pytest.mark.parametrize(("limit", "rule"), LIMITS.items(), ids=list(LIMITS))
def test_as_much_as_is_allowed_passes_and_one_more_is_refused(
    limit: str, rule: tuple[int, Callable[[int], str], str]
) -> None:
    most, document, said = rule
    check(parsed(document(most)), DEPTH)
    with pytest.raises(LimitExceeded) as refused:
        check(parsed(document(most + 1)), DEPTH)
    assert refused.value.message == f"This request has {said}"
    assert refused.value.extensions == {"code": "LIMIT_EXCEEDED", "limit": limit.partition(",")[0]}


def test_counting_takes_as_long_as_the_document_is() -> None:
    """However many places its fragments make: here 2 ** n."""
    small, large = (work(partial(check, parsed(nested_by_fragments(n)), 100)) for n in (30, 60))
    assert large < 2.2 * small


def test_introspection_has_a_bound_of_its_own() -> None:
    """What tools send to read the schema is deep."""
    check(parsed(get_introspection_query()), 5)


def test_fragments_in_a_circle_are_left_to_validation() -> None:
    check(parsed("{ ...F } fragment F on T { a { ...G } } fragment G on T { b { ...F ...H } }"), DEPTH)


async def test_a_refused_document_is_told_which_limit_it_is(gateway: Gateway, script: Script) -> None:
    answer = await gateway.ask(f"{{ {many(51, 'a#: takes')} }}")
    assert answer == {
        "errors": [
            {
                "message": "This request has 51 root fields, and 50 are allowed; ask in several requests.",
                "extensions": {"code": "LIMIT_EXCEEDED", "limit": "rootFields"},
            }
        ]
    }
    assert script.contexts == []


async def test_how_deep_a_document_may_be_is_chosen_by_the_operator(script: Script) -> None:
    async with Gateway(example(script, limits=Limits(max_depth=1)), TOKENS).http as http:
        answers = [
            (await http.post("/graphql", json={"query": query})).json() for query in ("{ takes }", "{ a { x } }")
        ]
    assert answers[0] == {"data": {"takes": 0}}
    assert answers[1]["errors"][0]["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": "depth"}


async def test_variables_are_counted_before_they_are_read(gateway: Gateway) -> None:
    query = "query ($keys: [String!]!) { pairs(keys: $keys) { key } }"
    assert len((await gateway.data(query, {"keys": ["x"] * 9_999}))["pairs"]) == 9_999
    (error,) = (await gateway.ask(query, {"keys": ["x"] * 10_000}))["errors"]
    said = "10,001 values in its variables, and 10,000 are allowed; ask in several requests."
    assert error["message"] == f"This request has {said}"
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": "variableValues"}


async def test_messages_quote_little(gateway: Gateway) -> None:
    """Of a name or a value that is as long as the document."""
    long = "x" * 40_000
    for query in (f"{{ {long} }}", f'{{ takes(number: "{long}") }}', f"{{ takes(number: {{{long}: 1}}) }}"):
        answer = await gateway.ask(query)
        assert max(len(error["message"]) for error in answer["errors"]) <= 501
    query = "query ($n: Int!) { takes(number: $n) }"
    for value in (long, [["x"] * 500] * 20, {long: 1}):
        (error,) = (await gateway.ask(query, {"n": value}))["errors"]
        assert len(error["message"]) <= 501
