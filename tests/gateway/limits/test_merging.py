"""Whether fields agree that share a place, judged by graphql-core's own rule, which compares each two of them."""

from functools import partial
from random import Random

import pytest
from graphql import OverlappingFieldsCanBeMergedRule, build_schema, parse, validate

from gateway.limits.merging import MAX_MERGED, FieldsMerge
from gateway.limits.refusals import LimitExceeded
from tests.work import work

SCHEMA = build_schema("""
    directive @stream(if: Boolean! = true, label: String, initialCount: Int! = 0) on FIELD
    interface Node { id: ID! name(of: Int, at: [In]): String many: [Node] one: Node }
    input In { x: Int y: Int }
    type A implements Node { id: ID! name(of: Int, at: [In]): String many: [A!] one: B only: Int! kind: Kind }
    type B implements Node { id: ID! name(of: Int, at: [In]): String many: [B] one: Node only: Int kind: Other }
    enum Kind { X }
    enum Other { X }
    union Any = A | B
    type Query { node: Node a: A b: B any: Any nodes: [Node] }
    type Mutation { node: Node }
""")
LEAVES = [
    "id",
    "name",
    "name(of: 1)",
    "name(of: $v)",
    "name(at: [{x: 1, y: 2}])",
    "name(at: [{y: 2, x: 1}])",
    "only",
    "kind",
]
LEAVES += ["__typename"]
FRAGMENTS = 4
RULES = (OverlappingFieldsCanBeMergedRule, FieldsMerge)


def drawn(random: Random) -> str:
    """A document whose few keys often meet; all of its fragments are spread. It need not be valid in any other way."""
    spread: set[int] = set()

    def selections(depth: int, after: int, roots: bool = False) -> str:
        return " ".join(selection(depth, after, roots) for _ in range(random.randint(1, 3)))

    def selection(depth: int, after: int, roots: bool) -> str:
        kind = random.randrange(6)
        if kind == 0 and after < FRAGMENTS:
            spread.add(number := random.randrange(after, FRAGMENTS))
            return f"...F{number}"
        if kind == 1 and depth:
            on = random.choice(["", "on A ", "on B ", "on Node ", "on Any "])
            return f"... {on}{{ {selections(depth - 1, after, roots)} }}"
        alias = random.choice(["", "", "", "x: ", "y: "])
        if (kind < 4 or roots) and depth:
            name = random.choice(["node", "a", "b", "any", "nodes"] if roots else ["one", "many", "many"])
            stream = random.choice(["@stream ", *[""] * 20])
            return f"{alias}{name} {stream}{{ {selections(depth - 1, after)} }}"
        return alias + random.choice(LEAVES)

    texts = [f"query ($v: Int) {{ {selections(3, 0, roots=True)} }}"]
    for number in range(FRAGMENTS):
        if number in spread:
            on = random.choice(["A", "B", "Node", "Any", "Query", "Unknown"])
            texts.append(f"fragment F{number} on {on} {{ {selections(2, number + 1)} }}")
    return " ".join(texts)


@pytest.mark.parametrize("seed", range(10))
def test_it_finds_conflicts_where_graphql_core_does(seed: int) -> None:
    random = Random(seed)
    verdicts = []
    for _ in range(100):
        text = drawn(random)
        document = parse(text)
        theirs, ours = (bool(validate(SCHEMA, document, [rule])) for rule in RULES)
        assert ours == theirs, text
        verdicts.append(ours)
    assert 10 < sum(verdicts) < 90, "both are tried"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("x: id x: kind", "'id' and 'kind' are different fields"),
        ("name(of: 1) name(of: 2)", "they have different arguments"),
        ("name(of: 1) name", "they have different arguments"),
        ("many @stream { id } many { id }", "what is streamed is selected once"),
        ("one { ... on A { x: only } ... on B { x: id } }", "one is 'Int!', the other 'ID!'"),
    ],
)
def test_a_conflict_is_told_with_its_reason_and_the_remedy(query: str, said: str) -> None:
    (error,) = validate(SCHEMA, parse(f"{{ node {{ {query} }} }}"), [FieldsMerge])
    place = "many" if "many" in query else "name" if "name" in query else "x"
    assert error.message == f"Fields '{place}' conflict: {said}. Give one of them an alias of its own."
    assert len(error.locations or ()) == 2


def test_work_grows_with_the_fields_and_not_with_their_pairs() -> None:
    same_name = [parse(f"{{ node {{ {'one { id } ' * count} }} }}") for count in (100, 200)]
    few, many = (work(partial(validate, SCHEMA, document, [FieldsMerge])) for document in same_name)
    assert many < 2.2 * few


def test_sets_of_fragments_that_grow_without_bound_are_given_up() -> None:
    """`x` at a level adds a fragment to all levels below, so that each path ends at another set of fragments."""
    levels = 14
    kept = "x: one {{ ...{0} }} y: one {{ ...{0} }}"
    fragments = ["fragment X14 on Node { id }", *(f"fragment Z14_{of} on Node {{ id }}" for of in range(levels))]
    for level in range(levels):
        below = level + 1
        fragments.append(
            f"fragment X{level} on Node {{ x: one {{ ...X{below} ...Z{below}_{level} }} y: one {{ ...X{below} }} }}"
        )
        fragments += [f"fragment Z{level}_{of} on Node {{ {kept.format(f'Z{below}_{of}')} }}" for of in range(level)]
    document = parse(f"{{ node {{ ...X0 }} }} {' '.join(fragments)}")
    (error,) = validate(SCHEMA, document, [FieldsMerge])
    assert isinstance(error.original_error, LimitExceeded)
    assert error.message == (
        "This request has too many fields that share their places, and 10,000 are allowed;"
        " spread each fragment once in a place."
    )
    assert work(lambda: validate(SCHEMA, document, [FieldsMerge])) < 50 * MAX_MERGED
