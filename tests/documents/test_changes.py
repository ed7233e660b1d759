"""Every kind of change is named, as breaking or dangerous, with the documents that it concerns and no other."""

from datetime import UTC, datetime

import pytest
from graphql import BreakingChangeType, DangerousChangeType, build_schema, find_schema_changes, parse, validate

from datasources.house.documents import Registered
from gateway.check.report import NoSchema, Report, compared

CACHED = "directive @cached(seconds: Int = 60) repeatable on FIELD | QUERY"
RELEASED = f"""
directive @access(scope: String, policy: String) on OBJECT | FIELD_DEFINITION
{CACHED}
type Query {{
  orders(status: Status, first: Int! = 20): [Order!] @access(scope: "orders:read")
  products(filter: Filter, ids: [ID!]): [Product!] @access(policy: "everyone")
  found: Found
  me: Person @access(policy: "signed in")
}}
enum Status {{ PLACED SHIPPED LOST }}
input Filter {{ text: String, price: Price }}
input Price {{ min: Int = 0, max: Int }}
interface Node {{ id: ID! }}
interface Named {{ name: String }}
type Order implements Node @access(policy: "its customer") {{ id: ID!, status: Status!, total: Int!, note: String }}
type Product implements Node {{ id: ID!, name: String! @access(policy: "everyone"), old: Old }}
type Person {{ name: String, orders(first: Int): [Order!] }}
type Old implements Named {{ name: String }}
union Found = Order | Product | Person
type Unused {{ ratio: Float }}
"""
DOCUMENTS = {
    "totals": "query Totals { orders(status: PLACED) { id total } }",
    "by_status": "query ByStatus($status: Status) { orders(status: $status) { status note } }",
    "names": 'query Names { products(filter: {text: "a"}) @cached(seconds: 9) { name } }',
    "filtered": "query Filtered($filter: Filter) { products(filter: $filter) { id } }",
    "cheap": "query Cheap { products(filter: {price: {max: 3}}) { id old { name } } }",
    "found": "query Found { found { ... on Person { name } ... on Node { id } } }",
    "mine": "query Mine { me { ...P } } fragment P on Person { orders(first: 3) { id } }",
}


def registered(**texts: str) -> list[Registered]:
    return [Registered("web", id, text, datetime(2027, 1, 1, tzinfo=UTC)) for id, text in texts.items()]


def check(old: str, new: str, *, they_alone: bool = False) -> Report:
    """Against the released schema, where `new` stands in place of `old`."""
    assert RELEASED.count(old) == 1
    return compared(RELEASED, RELEASED.replace(old, new), registered(**DOCUMENTS), they_alone=they_alone)


def named(report: Report) -> list[tuple[str, set[str]]]:
    """Each change with its kind, and the names of the operations concerned."""
    found: list[tuple[str, set[str]]] = []
    for line in report.lines:
        if not line.startswith(" "):
            found.append((" ".join(line.split()), set()))
        elif "no registered document" not in line:
            found[-1][1].add(line.split()[2])
    return found


def test_the_documents_are_of_the_released_schema() -> None:
    schema = build_schema(RELEASED)
    assert [id for id, text in DOCUMENTS.items() if validate(schema, parse(text))] == []


Case = tuple[str, str, str, set[str]]
UNUSED = "type Unused { ratio: Float }"
BREAKING: list[Case] = [
    ("total: Int!, ", "", "Field Order.total was removed.", {"Totals"}),
    ("total: Int!", "total: Int", "Field Order.total changed type from Int! to Int.", {"Totals"}),
    ("status: Status!", "status: String!", "Field Order.status changed type from Status! to String!.", {"ByStatus"}),
    (
        ", first: Int! = 20",
        ", last: Int!",
        "A required argument Query.orders(last:) was added.",
        {"Totals", "ByStatus"},
    ),
    (
        "filter: Filter, ids",
        "ids",
        "Argument Query.products(filter:) was removed.",
        {"Names", "Filtered", "Cheap"},
    ),
    (
        "(first: Int): [Order!] }",
        "(first: String): [Order!] }",
        "Argument Person.orders(first:) has changed type from Int to String.",
        {"Mine"},
    ),
    ("PLACED SHIPPED", "SHIPPED", "Enum value Status.PLACED was removed.", {"Totals", "ByStatus"}),
    ("SHIPPED LOST", "SHIPPED", "Enum value Status.LOST was removed.", {"ByStatus"}),
    ("text: String, ", "", "Field Filter.text was removed.", {"Names", "Filtered"}),
    ("max: Int }", "max: Float }", "Field Price.max changed type from Int to Float.", {"Filtered", "Cheap"}),
    ("max: Int }", "max: Int, unit: Int! }", "A required field Price.unit was added.", {"Filtered", "Cheap"}),
    ("type Old", "interface Old", "Old changed from an Object type to an Interface type.", {"Cheap"}),
    ("| Product | Person", "| Product", "Person was removed from union type Found.", {"Found", "Mine"}),
    (
        "type Product implements Node",
        "type Product",
        "Product no longer implements interface Node.",
        {"Names", "Filtered", "Cheap"},
    ),
    (UNUSED, "", "Unused was removed.", set()),
    (UNUSED, "", "Standard scalar Float was removed because it is not referenced anymore.", set()),
    (CACHED, "", "Directive @cached was removed.", {"Names"}),
    ("seconds: Int = 60", "minutes: Int", "Argument @cached(seconds:) was removed.", {"Names"}),
    ("seconds: Int = 60", "seconds: Int = 60, of: Int!", "A required argument @cached(of:) was added.", {"Names"}),
    (" repeatable on", " on", "Repeatable flag was removed from @cached.", {"Names"}),
    ("FIELD | QUERY", "QUERY", "FIELD was removed from @cached.", {"Names"}),
]
DANGEROUS: list[Case] = [
    ("SHIPPED LOST", "SHIPPED LOST FOUND", "Enum value Status.FOUND was added.", {"ByStatus", "Totals"}),
    ("| Product | Person", "| Product | Person | Old", "Old was added to union type Found.", {"Found"}),
    (
        "filter: Filter, ids",
        "filter: Filter, new: ID, ids",
        "An optional argument Query.products(new:) was added.",
        set(),
    ),
    ("max: Int }", "max: Int, unit: Int }", "An optional field Price.unit was added.", set()),
    ("first: Int! = 20", "first: Int! = 10", "Query.orders(first:) has changed defaultValue from 20 to 10.", set()),
    ("min: Int = 0", "min: Int = 1", "Price.min has changed defaultValue from 0 to 1.", {"Filtered"}),
    (
        "type Person {",
        "type Person implements Named {",
        "Named added to interfaces implemented by Person.",
        {"Found", "Mine"},
    ),
]
LOST_RIGHTS: list[Case] = [
    (
        '"orders:read"',
        '"orders:all"',
        "Access to Query.orders changed from scope orders:read to scope orders:all.",
        {"Totals", "ByStatus"},
    ),
    (
        '"its customer"',
        '"its seller"',
        "Access to Order changed from 'its customer' to 'its seller'.",
        {"Totals", "ByStatus", "Mine"},
    ),
    ('"signed in"', '"themselves"', "Access to Query.me changed from 'signed in' to 'themselves'.", {"Mine"}),
    (
        'ids: [ID!]): [Product!] @access(policy: "everyone")',
        'ids: [ID!]): [Product!] @access(policy: "signed in")',
        "Access to Query.products changed from 'everyone' to 'signed in'.",
        {"Names", "Filtered", "Cheap"},
    ),
    (
        "found: Found",
        'found: Found @access(scope: "all")',
        "Access to Query.found changed from that of what it is in to scope all.",
        {"Found"},
    ),
]


@pytest.mark.parametrize(("old", "new", "said", "concerned"), BREAKING)
def test_what_breaks_is_named_with_those_whom_it_breaks(old: str, new: str, said: str, concerned: set[str]) -> None:
    report = check(old, new)
    assert (f"breaking {said}", concerned) in named(report)
    assert report.breaks


@pytest.mark.parametrize(("old", "new", "said", "concerned"), [*DANGEROUS, *LOST_RIGHTS])
def test_what_is_dangerous_is_named_but_stops_nobody(old: str, new: str, said: str, concerned: set[str]) -> None:
    report = check(old, new)
    assert named(report) == [(f"dangerous {said}", concerned)]
    assert not report.breaks


def test_every_kind_of_change_is_tried() -> None:
    """Whom a change concerns stands in its description alone: so each kind is looked at, also after an update."""
    released = build_schema(RELEASED)
    tried = {
        change.type
        for old, new, *_ in (*BREAKING, *DANGEROUS)
        for change in find_schema_changes(released, build_schema(RELEASED.replace(old, new)))
    }
    assert {*BreakingChangeType, *DangerousChangeType} - tried == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("total: Int!,", "total: Int!, tax: Int,"),
        ("note: String", "note: String!"),
        ('@access(scope: "orders:read")', '@access(policy: "everyone")'),
        ('@access(scope: "orders:read")', '@access(policy: "signed in")'),
        ('@access(scope: "orders:read")', ""),
        ('name: String! @access(policy: "everyone")', "name: String!"),
        ('name: String! @access(policy: "everyone")', 'name: String! @access(policy: "as its parent")'),
        ("directive @access(scope: String, ", "directive @access(scope: String, cost: Int, "),
        ("min: Int = 0", '"The least." min: Int = 0'),
    ],
)
def test_what_gives_more_is_not_named(old: str, new: str) -> None:
    assert check(old, new) == Report(["Nothing breaks, and nothing is dangerous."], breaks=False)


def test_where_registered_documents_alone_are_served_others_break_nobody() -> None:
    assert named(check("note: String", "", they_alone=True)) == [
        ("breaking Field Order.note was removed.", {"ByStatus"})
    ]
    unused = check(", ids: [ID!]", "", they_alone=True)
    assert named(unused) == [("unused Argument Query.products(ids:) was removed.", set())]
    assert not unused.breaks
    assert check(", ids: [ID!]", "").breaks


def test_clients_and_ids_are_told() -> None:
    assert check("total: Int!, ", "").lines == [
        "breaking   Field Order.total was removed.",
        "           web: query Totals (totals)",
    ]


@pytest.mark.parametrize("text", ["", "type Query {", "type Query { a: Nothing }", "{ a }"])
def test_what_is_no_schema_is_told(text: str) -> None:
    with pytest.raises(NoSchema):
        compared(text, RELEASED, [], they_alone=False)
