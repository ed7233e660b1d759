"""Documents and requests that nobody would write, over a shop in which they lead somewhere."""

import json
from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLID,
    GraphQLInt,
    GraphQLNamedType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NameNode,
    ObjectFieldNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    print_ast,
    visit,
)
from hypothesis import strategies as st
from hypothesis_graphql import Mode, from_schema, nodes

TEXTS = (
    "",
    "\0",
    "a\0b",
    "%_%",
    "' OR 1=1 --",
    '"; DROP TABLE orders; --',
    '") OR ("',
    "NEAR(a b)",
    "a:* & !b | c <-> d",
    "²_ⅷ",
    "../../v1/shipments",
    "x\r\nX-Other: 1",
    "\ufeff\u202e\U0001f600",
    "9" * 400,
    "é" * 5_000,
    "ada@example.com",
    "pm_card_visa",
    "EUR",
)
NUMBERS = ("0", "1", "-1", "100", "101", "2147483647", "-2147483648")
DECIMALS = ("12.34", "0", "-1", "1e999999999", "-1e-999999999", "NaN", "sNaN", "-Infinity", "0x1", "9" * 400, "")
DAYS = ("0001-01-01", "9999-12-31", "2026-02-30", "2026-03-01", "2026-03-02", "-1", "")
MOMENTS = ("2026-03-03T09:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-03", "soon")
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "Decimal": st.sampled_from(DECIMALS).map(nodes.String) | st.floats(allow_nan=False).map(nodes.Float),
    "Date": st.sampled_from(DAYS).map(nodes.String) | st.dates().map(nodes.String),
    "DateTime": st.sampled_from(MOMENTS).map(nodes.String) | st.datetimes().map(datetime.isoformat).map(nodes.String),
    "JSON": st.dictionaries(st.sampled_from(["a", "b"]), st.text(max_size=5).map(nodes.String)).map(
        lambda of: nodes.Object([ObjectFieldNode(name=NameNode(value=key), value=value) for key, value in of.items()])
    ),
}


def documents(schema: GraphQLSchema, mode: Mode = Mode.POSITIVE) -> st.SearchStrategy[DocumentNode]:
    """Queries and mutations over the whole graph."""
    return from_schema(schema, custom_scalars=SCALARS, print_ast=lambda document: document, mode=mode)


def aimed(schema: GraphQLSchema, document: DocumentNode, ids: Mapping[str, list[str]], random: Random) -> str:
    """The document with ids of this shop, by the type that they name, and with texts and numbers that hurt."""
    types = TypeInfo(schema)
    return print_ast(visit(document, TypeInfoVisitor(types, _Values(types, ids, random))))


def spoiled(body: bytes, random: Random) -> bytes:
    """The body with a few bytes taken out, put in, doubled or changed, as no client would send it."""
    for _ in range(random.randrange(1, 4)):
        at, length = random.randrange(len(body) + 1), random.randrange(1, 9)
        piece = random.choice([b"", b"", random.randbytes(length), body[at : at + length] * 2, *_PIECES])
        body = body[:at] + piece + body[at + random.randrange(length) :]
    return body


def requests_of(query: str, random: Random) -> bytes:
    """A body for the query, with members that do not belong to it: alone, or beside another."""
    one = {"query": query, **_strange(random)}
    return json.dumps([one, {"query": query}] if random.random() < 0.2 else one).encode()


def parameters_of(query: str, random: Random) -> list[str]:
    """Query strings for the query: with members that do not belong to it, and spoiled."""
    strange = {name: json.dumps(value) for name, value in _strange(random).items()}
    whole = urlencode({"query": query} | strange)[:60_000]
    return [whole, quote(spoiled(whole.encode(), random), safe="=&%+")[:60_000]]


def _strange(random: Random) -> dict[str, Any]:
    return {name: random.choice(_VALUES) for name in _MEMBERS if random.random() < 0.3}


_MEMBERS = ("variables", "operationName", "extensions", "documentId", "id")
_VALUES: list[Any] = [None, 0, -0.0, 1e308, True, "", "x", [], [[]], {}, {"a": None}, {"": [{}]}]
_PIECES = (
    b"\xff",
    b"\x00",
    b"\\u0000",
    b"\\ud800",
    b'"',
    b"}",
    b"{" * 300,
    b"[" * 2_000,
    b"9" * 5_000,
    b"NaN",
    b"#",
    b"@",
)


class _Values(Visitor):
    def __init__(self, types: TypeInfo, ids: Mapping[str, list[str]], random: Random) -> None:
        super().__init__()
        self._types = types
        self._ids = ids
        self._random = random

    def leave_argument(self, node: ArgumentNode, *_: Any) -> ArgumentNode:
        return ArgumentNode(name=node.name, value=self._value(node.name.value, node.value))

    def leave_object_field(self, node: ObjectFieldNode, *_: Any) -> ObjectFieldNode:
        return ObjectFieldNode(name=node.name, value=self._value(node.name.value, node.value))

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, ListValueNode):
            return ListValueNode(values=tuple(self._value(name, one) for one in value.values))
        kind = get_named_type(self._types.get_input_type())
        if kind is GraphQLID and self._random.random() < 0.9:
            return nodes.String(self._id(name))
        if isinstance(value, StringValueNode) and kind is not GraphQLID and str(kind) == "String":
            return nodes.String(self._random.choice(TEXTS)) if self._random.random() < 0.5 else value
        if isinstance(value, IntValueNode) and kind is GraphQLInt and self._random.random() < 0.7:
            return IntValueNode(value=self._random.choice(NUMBERS))
        return value

    def _id(self, argument: str) -> str:
        """Mostly of the type that the argument, or else its field, speaks of."""
        given_out: GraphQLNamedType | None = get_named_type(self._types.get_type())
        named = argument[:1].upper() + argument.removesuffix("Id")[1:]
        known = self._ids.get(named) or self._ids.get(str(given_out))
        if known is None or self._random.random() < 0.1:
            known = [id for some in self._ids.values() for id in some]
        return self._random.choice(known)
