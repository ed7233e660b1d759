"""Hostile documents take little work: none of them more than the longest honest one."""

from contextlib import suppress

import pytest

from gateway.documents import Documents
from gateway.plan import Unplanned
from schema.graph import build
from tests.commerce.hostile import DOCUMENTS
from tests.work import work

SCHEMA = build()._schema
MOST = 600_000
"""Calls of functions: some 50 ms."""


def prepare(query: str) -> None:
    """All that is done with a document before it is executed."""
    document = Documents(SCHEMA).read(query)
    if document.plans is None or document.errors:
        return
    operation = document.operation(None)
    if operation is not None:
        with suppress(Unplanned):
            document.plans.plan(operation.name.value if operation.name else None, {})


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_hostile_document_takes_little_work(name: str) -> None:
    prepare("{ categories { id } }")
    assert work(lambda: prepare(DOCUMENTS[name])) < MOST
