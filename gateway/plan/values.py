"""What stands in the place of a value while a plan runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import FieldNode


class Irregular(Exception):
    """An answer that breaks its type: graphql-core finishes it, by its own rules of null propagation."""


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """In the place of a nullable value whose field failed. It becomes null, and an error at each of its paths."""

    error: Exception
    nodes: Sequence[FieldNode]
