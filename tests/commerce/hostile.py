"""Documents that ask for much more work than their length shows, or are nothing but long: found by trying."""

from contextlib import suppress

from gateway.documents import Document
from gateway.plan import Unplanned


def many(count: int, text: str) -> str:
    """`text` so many times, each with its number in the place of `#` and the next one in that of `%`."""
    return " ".join(text.replace("#", str(n)).replace("%", str(n + 1)) for n in range(count))


def in_categories(selections: str) -> str:
    return f"{{ categories {{ {selections} }} }}"


LEAVES = "fragment F on ProductCategory { " + many(80, "b#: id") + " }"
PARENTS = "fragment F on ProductCategory { " + many(40, "b#: children { id }") + " }"
OF_NODE = "fragment F on Node { " + many(75, "b#: id") + " }"


def prepare(document: Document) -> None:
    """All that is done with a document that was read, before it is executed."""
    operation = document.operation(None)
    if document.plans and operation and not document.errors:
        with suppress(Unplanned):
            document.plans.foreseen(operation, {}).cost.of({})


DOCUMENTS: dict[str, str] = {
    "one field again and again": "{" + " __typename" * 1_490 + "}",
    "one leaf again and again": in_categories("name " * 1_480),
    "one object again and again": in_categories("children { id name } " * 290),
    "objects within objects again and again": in_categories("children { children { id } children { id } } " * 130),
    "one root again and again": "{" + ' a: product(id: "x") { id }' * 99 + "}",
    "conflicting roots": "{" + many(99, 'a: product(id: "#") { id }') + "}",
    "aliases of the whole schema": "{" + many(49, "a#: __schema { types { name kind } }") + "}",
    "aliases of a wide fragment": in_categories(many(20, "a#: children { ...F }")) + LEAVES,
    "aliases of a deep fragment": in_categories(many(50, "a#: children { ...F }")) + PARENTS,
    "a wide fragment of an interface": "{" + many(25, 'n#: node(id: "x") { ...F }') + "}" + OF_NODE,
    "all leaves of an interface": '{ node(id: "x") {' + many(99, "a#: id") + " } }",
    "fragments beside one another": in_categories(many(99, "...F#"))
    + many(99, "fragment F# on ProductCategory { id name }"),
    "fragments twice within fragments": in_categories("...F0")
    + many(98, "fragment F# on ProductCategory { ...F% ...F% }")
    + "fragment F98 on ProductCategory { id }",
    "fragments in two places within fragments": in_categories("...F0")
    + many(13, "fragment F# on ProductCategory { a: children { ...F% } b: children { ...F% } }")
    + "fragment F13 on ProductCategory { id }",
    "fragments that merge": in_categories("...F0")
    + many(13, "fragment F# on ProductCategory { children { ...F% } children { ...F% } a: children { ...F% ...G } }")
    + "fragment F13 on ProductCategory { id } fragment G on ProductCategory { children { id } a: children { id } }",
    "fragments in a circle": in_categories("...F0")
    + many(20, "fragment F# on ProductCategory { children { ...F% } }")
    + "fragment F20 on ProductCategory { ...F0 }",
    "unknown names": "{" + many(49, "produkt#") + "}",
    "one unknown name again and again": "{" + " produkts" * 1_490 + "}",
    "unknown types": in_categories(many(240, "... on Productz# { id }")),
    "unknown fragments": in_categories(many(199, "...F#")),
    "unused fragments": in_categories("id") + many(99, "fragment F# on ProductCategory { id }"),
    "unknown arguments": "{ product(" + many(480, 'a#: "x"') + ") { id } }",
    "one argument again and again": "{ product(" + ' id: "x"' * 480 + ") { id } }",
    "unknown fields of an input": "{ products(filter: {" + many(199, "a#: 1") + "}) { nodes { id } } }",
    "directives": in_categories(many(99, "a#: id @skip(if: true) @include(if: false)")),
    "unknown directives": in_categories(many(40, "a#: id @a @b @c @d @e")),
    "operations": many(20, "query q# { categories { ...F } }") + LEAVES,
    "variables": "query (" + many(99, "$v#: ID!") + ") {" + many(49, "a#: product(id: $v#) { id }") + "}",
    "unused variables": "query (" + many(99, "$v#: [ID!]! = []") + ") { categories { id } }",
    "undefined variables": "{" + many(49, "a#: product(id: $v#) { id }") + "}",
    "deep": "{ categories " + "{ children " * 190 + "{ id }" + "}" * 191,
    "deep in nothing": in_categories("... { " * 190 + "id" + " }" * 190),
    "deeper than can be parsed": "{ categories " + "{ children " * 400 + "{ id }" + "}" * 401,
    "a deep list": "{ nodes(ids: " + "[" * 190 + "]" * 190 + ") { id } }",
    "a long list": "{ nodes(ids: [" + ' "x"' * 1_480 + "]) { id } }",
    "a long text": '{ product(id: "' + "x" * 49_970 + '") { id } }',
    "a long text in escapes": '{ product(id: "' + r"\u0041" * 8_328 + '") { id } }',
    "a long text in lines": '{ product(id: """' + "x\n" * 24_980 + '""") { id } }',
    "a long comment": "{ categories { id } } #" + "x" * 49_970,
    "comments": "{ categories { id } }" + "#\n" * 24_980,
    "long names": "{" + many(2, " #".replace("#", "a" + "x" * 24_000)) + "}",
    "a long number": "{ products(first: " + "9" * 49_900 + ") { nodes { id } } }",
    "a large number": '{ products(filter: {minPrice: "1e999999999"}) { nodes { id } } }',
    "nothing but space": "{ categories { id } }" + " ," * 24_980,
    "a megabyte": '{ product(id: "' + "é" * 900_000 + '") { id } }',
}
