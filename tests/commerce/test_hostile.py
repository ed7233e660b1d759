"""Hostile documents take little work: none of them more than the longest honest one."""

import pytest

from gateway.documents import Documents
from schema.graph import build
from tests.commerce.hostile import DOCUMENTS, prepare
from tests.gateway_client import Gateway
from tests.work import work

SCHEMA = build()._schema
MOST = 600_000
"""Calls of functions: some 50 ms."""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_hostile_document_takes_little_work(name: str) -> None:
    documents = Documents(SCHEMA)
    prepare(documents.read("{ categories { id } }"))
    assert work(lambda: prepare(documents.read(DOCUMENTS[name]))) < MOST


LONG = b'"%b"' % (b"a" * 900_000)
VARIABLES: dict[str, tuple[str, bytes, str]] = {
    "a number of 5,000 digits": ("products(first: $v) { nodes { id } }", b"9" * 5_000, "BAD_REQUEST"),
    "a number beyond all": ("products(first: $v) { nodes { id } }", b"1e400", "BAD_REQUEST"),
    "an amount beyond all": ("products(filter: {minPrice: $v}) { nodes { id } }", b'"1e999999999"', "INVALID_INPUT"),
    "an amount as long as it goes": (
        "products(filter: {minPrice: $v}) { nodes { id } }",
        b'"%b"' % (b"9" * 500_000),
        "INVALID_INPUT",
    ),
    "words as many as go": (
        "products(filter: {search: $v}) { nodes { id } }",
        b'"%b"' % (b"a " * 400_000),
        "INVALID_INPUT",
    ),
    "a cursor as long as it goes": (
        "products(after: $v) { nodes { id } }",
        LONG,
        "INVALID_INPUT",
    ),
    "an id as long as it goes": ("product(id: $v) { id }", LONG, "INVALID_INPUT"),
    "ids as many as are looked at": (
        "nodes(ids: $v) { id }",
        b"[%b]" % b",".join([b'"x"'] * 9_000),
        "INVALID_INPUT",
    ),
    "ids as many as go": ("nodes(ids: $v) { id }", b"[%b]" % b",".join([b'"x"'] * 200_000), "LIMIT_EXCEEDED"),
}
KINDS = {"first": "Int!", "minPrice": "Decimal", "search": "String", "after": "String", "id": "ID!", "ids": "[ID!]!"}


async def test_hostile_variables_are_refused_in_few_words(gateway: Gateway) -> None:
    for name, (field, value, code) in VARIABLES.items():
        (kind,) = (kind for argument, kind in KINDS.items() if f"{argument}: $v" in field)
        query = f"query ($v: {kind}) {{ {field} }}".encode()
        body = b'{"query": "%b", "variables": {"v": %b}}' % (query, value)
        response = await gateway.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
        (error,) = response.json()["errors"]
        assert (name, error["extensions"]["code"]) == (name, code)
        assert len(response.content) < 500, name
