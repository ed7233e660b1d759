"""Hostile documents take little work: none of them more than the longest honest one."""

import pytest

from gateway.documents import Documents
from schema.graph import build
from tests.commerce.hostile import DOCUMENTS, prepare
from tests.work import work

SCHEMA = build()._schema
MOST = 600_000
"""Calls of functions: some 50 ms."""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_hostile_document_takes_little_work(name: str) -> None:
    documents = Documents(SCHEMA)
    prepare(documents.read("{ categories { id } }"))
    assert work(lambda: prepare(documents.read(DOCUMENTS[name]))) < MOST
