"""Manifests as the tools of clients write them, and what is wrong with others."""

import json
from typing import Any

import pytest

from gateway.documents import Documents
from gateway.manifest import REMEDY, WrongManifest, read_manifest, validated
from gateway.persisted import sha256_of
from tests.gateway.example import SCHEMA

TEXT = "query Seven { takes(number: 7) }"
OTHER = "query Eight {\n  takes(number: 8)\n}\n"
DOCUMENTS = Documents(SCHEMA._schema)


def complaints(content: Any) -> list[str]:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(WrongManifest) as caught:
        validated(read_manifest(raw), DOCUMENTS)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    "ids",
    [
        ("3be4abb81fa595e25eb725b2c6a87508", "a8ec7a6ff4e5ca5ae6c1d8a6e6d2c9c3"),  # Relay: MD5
        ("0b2c1a4d8ffbd1bbee0d96c5a3de1d8e2dcb5a5e", "9cf5bd6d1a7bb1e3e8f24ddc46e2ae8a0d2dc7a1"),  # codegen: SHA-1
        (sha256_of(TEXT), sha256_of(OTHER)),
        (f"sha256:{sha256_of(TEXT)}", f"sha256:{sha256_of(OTHER)}"),
        ("1", "x-shop:seven@2.1"),
    ],
)
def test_codegen_and_relay_write_texts_by_their_ids(ids: tuple[str, str]) -> None:
    manifest = dict(zip(ids, (TEXT, OTHER), strict=True))
    texts = read_manifest(json.dumps(manifest).encode())
    validated(texts, DOCUMENTS)
    assert texts == manifest


def test_apollo_writes_a_list_of_operations() -> None:
    operations = [
        {"id": sha256_of(text), "name": name, "type": "query", "body": text}
        for name, text in (("Seven", TEXT), ("Eight", OTHER))
    ]
    manifest = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations}
    assert read_manifest(json.dumps(manifest).encode()) == {sha256_of(TEXT): TEXT, sha256_of(OTHER): OTHER}


UNKNOWN = (
    'The manifest is none of those known here: {"ID": "DOCUMENT", …} of graphql-codegen or Relay, '
    'or version 1 of "apollo-persisted-query-manifest"'
)
APOLLO = {"format": "apollo-persisted-query-manifest", "version": 1}
NO_ID = "is no id: it has 1 to 128 characters, and no spaces"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The manifest is not JSON: "),
        (b"{", "The manifest is not JSON: "),
        ([], UNKNOWN),
        ("text", UNKNOWN),
        (APOLLO | {"version": 2, "operations": []}, UNKNOWN),
        (APOLLO, UNKNOWN),
        ({}, "The manifest holds no documents; build it from the client's code"),
        (APOLLO | {"operations": []}, "The manifest holds no documents; build it from the client's code"),
    ],
)
def test_what_is_no_manifest_is_told_so(content: Any, said: str) -> None:
    (line,) = complaints(content)
    assert line.startswith(said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"": TEXT}, f"'' {NO_ID}"),
        ({"a b": TEXT}, f"'a b' {NO_ID}"),
        ({"a\n": TEXT}, f"'a\\n' {NO_ID}"),
        ({"x" * 129: TEXT}, f"'{'x' * 59} {NO_ID}"),
        ({"1": {"text": TEXT}}, "1: its document is not a text"),
        ({"sha256:1": TEXT}, "sha256:1: it is not the SHA-256 of its document; build the manifest again"),
        (APOLLO | {"operations": [{"name": "Seven"}]}, f"None {NO_ID}"),
        (APOLLO | {"operations": [TEXT]}, f"None {NO_ID}"),
        (
            APOLLO | {"operations": [{"id": "1", "body": TEXT}, {"id": "1", "body": OTHER}]},
            "1: it stands for two documents",
        ),
        ({"1": "{"}, "1, line 1, column 2: Syntax Error: Expected Name, found <EOF>."),
        ({"1": "fragment F on Pair { x }"}, "1: it holds no operation"),
        ({"1": "type Query { a: Int }"}, "1: it holds no operation"),
        ({"1": "{ takes(number: 1.5) }"}, "query (1), line 1, column 17: Int cannot represent non-integer value: 1.5"),
        (
            {"1": 'query A {\n  nothing\n}\nmutation B { write(word: "") }'},
            "query A, mutation B (1), line 2, column 3: Cannot query field 'nothing' on type 'Query'.",
        ),
    ],
)
def test_a_wrong_document_is_told_with_its_operation_and_place(content: Any, said: str) -> None:
    assert complaints({"2": TEXT, **content}) == [said, REMEDY]


def test_all_that_is_wrong_is_told_at_once() -> None:
    lines = complaints({"1": "{ nothing }", "2": "{ nothingElse }", "3": TEXT})
    assert [line.partition(",")[0] for line in lines[:-1]] == ["query (1)", "query (2)"]
