"""Global ids: what this graph never gave out is refused, in few words."""

from uuid import UUID

import pytest

from datasources.errors import InvalidInput
from schema.node import global_id, uuid_of

ID = UUID("0197126f-8178-7d04-9a40-437000000000")


def test_an_id_names_its_record() -> None:
    assert uuid_of(global_id("Product", ID), "Product") == ID


@pytest.mark.parametrize(
    "value",
    ["", "7", "é", "\0", "A" * 100_000, global_id("Product", ID) + "=", global_id("A" * 100_000, ID)],
    ids=lambda value: value[:8],
)
def test_a_refusal_repeats_little_of_what_it_refuses(value: str) -> None:
    """Asked for by many aliases, one long value would make an answer of gigabytes."""
    with pytest.raises(InvalidInput) as refused:
        uuid_of(value, "Product")
    assert len(refused.value.message) < 150
