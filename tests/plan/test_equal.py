"""A plan answers as graphql-core does: the same data, the same errors, the same loads, whatever is asked and wrong.

A long run: `EXAMPLES=5000 uv run pytest tests/plan/test_equal.py`. Otherwise the same few hundred are tried each time.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from enum import Enum
from random import Random
from typing import Any
from uuid import UUID

from graphql import DocumentNode, Undefined
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import mutations, queries

from datasources.actor import ANONYMOUS, Actor
from tests.plan.documents import Dress
from tests.plan.example import GRAPHQL
from tests.plan.judged import both
from tests.plan.world import Later, Mood, Rows, good_rows, name_of

LONG = "EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("EXAMPLES", "200"))


class Text(str):
    """A str of its own."""


class Number(int):
    """An int of its own."""


class Tone(Enum):
    HAPPY = "happy"


class Plain:
    def __repr__(self) -> str:
        return "Plain()"


class Twice:
    """Items that are neither list nor tuple."""

    def __iter__(self) -> Iterator[Any]:
        return iter([[1], [2]])

    def __repr__(self) -> str:
        return "Twice()"


def failing() -> Iterator[Any]:
    yield name_of("Last One")
    raise ValueError("no more")


async def streamed() -> AsyncIterator[Any]:
    yield name_of("Streamed One")
    yield None


WRONG: dict[str, Callable[[], Any]] = {
    "null": lambda: None,
    "undefined": lambda: Undefined,
    "text": lambda: "odd",
    "empty": lambda: "",
    "own text": lambda: Text("mine"),
    "true": lambda: True,
    "float": lambda: 3.5,
    "whole float": lambda: 3.0,
    "nan": lambda: float("nan"),
    "infinite": lambda: float("inf"),
    "negative": lambda: -1,
    "one": lambda: 1,
    "nobody": lambda: 99,
    "huge": lambda: 2**40,
    "own number": lambda: Number(3),
    "member": lambda: Mood.SAD,
    "foreign member": lambda: Tone.HAPPY,
    "its value": lambda: "happy",
    "no value": lambda: "angry",
    "list": lambda: [1],
    "nested": lambda: [[1, None], [2]],
    "wrong inside": lambda: [[1, "x", ValueError("inside"), Later(3)], None],
    "late list": lambda: Later([[1], [Later(2)]]),
    "tuple": lambda: ([1], (2,)),
    "set": lambda: {"a"},
    "mapping": lambda: {"a": 1},
    "iterable": Twice,
    "names": lambda: [name_of("A B"), Later(name_of("C D")), Later(ValueError("late")), ValueError("now")],
    "generator": lambda: (name_of(text) for text in ("A B", "C")),
    "failing": failing,
    "streamed": streamed,
    "object": Plain,
    "exception": lambda: ValueError("wrong"),
    "late": lambda: Later("late"),
    "late null": lambda: Later(None),
    "late failure": lambda: Later(ValueError("late and wrong")),
    "robot": lambda: "Robot",
    "unknown type": lambda: "Nothing",
}
ATTRIBUTES = [name for name in vars(good_rows()[1]) if name not in ("id", "friend_ids")]
Mischief = list[tuple[int, str, str]]
MISCHIEF = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(ATTRIBUTES), st.sampled_from([*WRONG, "missing"])), max_size=12
)
"""What is wrong: of which row (of all for 0), which attribute, in which way."""
ACTORS = st.sampled_from([ANONYMOUS, Actor(UUID(int=1), frozenset({"secrets"}))])


def rows_with(mischief: Mischief) -> Callable[[], Rows]:
    def rows() -> Rows:
        made = good_rows()
        for id, attribute, wrong in mischief:
            for row in [made[id]] if id else made.values():
                if wrong != "missing":
                    setattr(row, attribute, WRONG[wrong]())
                elif attribute != "kind":
                    vars(row).pop(attribute, None)
        return made

    return rows


def judge(document: DocumentNode, random: Random, mischief: Mischief, actor: Actor) -> None:
    dress = Dress(GRAPHQL, random)
    text = dress.on(document)
    asyncio.run(both(text, dress.variables, "Asked", rows_with(mischief), actor))


thorough = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=not LONG, suppress_health_check=list(HealthCheck), database=None
)


@thorough
@given(queries(GRAPHQL, print_ast=lambda ast: ast), st.randoms(use_true_random=False), MISCHIEF, ACTORS)
def test_any_query_over_any_data(document: DocumentNode, random: Random, mischief: Mischief, actor: Actor) -> None:
    judge(document, random, mischief, actor)


@settings(thorough, max_examples=EXAMPLES // 2)
@given(mutations(GRAPHQL, print_ast=lambda ast: ast), st.randoms(use_true_random=False), MISCHIEF, ACTORS)
def test_any_mutation_over_any_data(document: DocumentNode, random: Random, mischief: Mischief, actor: Actor) -> None:
    judge(document, random, mischief, actor)
