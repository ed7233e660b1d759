"""Whatever is put off, clients end with what they would have been told at once, and nothing is loaded twice.

A long run: `EXAMPLES=5000 uv run pytest tests/gateway/incremental/test_equal.py`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from graphql import (
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_nullable_type,
    is_list_type,
    parse,
    validate,
    visit,
)
from graphql.pyutils import inspect
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import queries

import gateway.incremental.executor as executor
from gateway.incremental import Delivery, Parts
from gateway.incremental.formats import by_id, by_path
from gateway.incremental.parts import Part
from gateway.plan import Plans
from tests.plan.documents import Dress
from tests.plan.example import GRAPHQL
from tests.plan.judged import no_word_of_coroutines
from tests.plan.test_equal import EXAMPLES, MISCHIEF, Mischief, rows_with, thorough
from tests.plan.world import Context, Rows

DEEP = parse("""{
  people { id name friends { id nick boss { name best { nick } } friends { name same { name } } } }
  person(id: 2) { names { first } boss { id friends { id greeting } } team { name mentor { name age } greeting } }
  beings { name ... on Person { best { scores friends { shout } } } ... on Robot { maker { nick boss { born } } } }
  surePeople { sum sureNames { last } best { sureMentor { team { fullName { first } } } } }
}""")
"""What chance hardly ever asks for: several levels of lists and edges."""
ANY = st.one_of(st.just(DEEP), queries(GRAPHQL, print_ast=lambda ast: ast))


@settings(thorough, max_examples=EXAMPLES // 4)
@given(ANY, st.randoms(use_true_random=False), st.sampled_from([7, 1_000]), st.just([]) | MISCHIEF)
def test_any_query_with_anything_put_off(document: DocumentNode, random: Random, most: int, mischief: Mischief) -> None:
    dress = Dress(GRAPHQL, random)
    hinted = with_hints(parse(dress.on(document)), random)
    assume(not validate(GRAPHQL, hinted))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(executor, "MAX_PARTS", most)
        asyncio.run(compare(hinted, dress.variables, rows_with(mischief)))


async def compare(document: DocumentNode, variables: dict[str, Any], rows: Callable[[], Rows]) -> None:
    at_once, late = Context(rows()), Context(rows())
    with no_word_of_coroutines():
        whole = await Plans(GRAPHQL, document).judge(at_once, variables, "Asked")
        async with asyncio.timeout(60):  # parts that never come would be waited for
            result, parts = await delivered(document, late, variables)
    data_by_id, data_by_path = merged_by_id(deepcopy(parts)), merged_by_path(deepcopy(parts))
    assert data_by_id == data_by_path
    assert set(late.world.asked.values()) <= {1}
    if parts and not whole.errors:
        assert data_by_id == whole.data
    if not whole.errors:
        assert result.errors in (None, [])
        assert loads(late) == loads(at_once)


def loads(context: Context) -> Counter[tuple[str, str]]:
    return Counter((name, inspect(key)) for name, key in context.world.asked)


async def delivered(
    document: DocumentNode, context: Context, variables: dict[str, Any]
) -> tuple[ExecutionResult, list[Part]]:
    parts = Parts()
    delivery = Delivery(parts, lambda errors: [dict(error.formatted) for error in errors])
    working = asyncio.ensure_future(Plans(GRAPHQL, document).deliver(delivery, context, variables, "Asked"))
    working.add_done_callback(parts.close)
    begun = await parts.begins()
    taken = [part async for part in parts.taken()] if begun else []
    return await working, taken


def merged_by_id(parts: list[Part]) -> Any:
    whole: dict[str, Any] = {}
    paths: dict[str, list[Any]] = {}
    for said in map(by_id, parts):
        whole.update({"data": said["data"]} if "data" in said else {})
        paths.update({place["id"]: ["data", *place["path"]] for place in said.get("pending", ())})
        for piece in said.get("incremental", ()):
            place = _at(whole, [*paths[piece["id"]], *piece.get("subPath", ())])
            if "items" in piece:
                place += piece["items"]
            else:
                _merge(place, piece["data"])
        for end in said.get("completed", ()):
            del paths[end["id"]]
    assert not paths, "all that was announced has come"
    return whole.get("data")


def merged_by_path(parts: list[Part]) -> Any:
    whole: dict[str, Any] = {}
    for said in filter(None, map(by_path, parts)):
        whole.update({"data": said["data"]} if "data" in said else {})
        for piece in said.get("incremental", ()):
            path: list[Any] = ["data", *piece["path"]]
            above, last = path[:-1], path[-1]
            if piece.get("items"):
                items = _at(whole, above)
                assert len(items) == last
                items += piece["items"]
            elif piece.get("data"):
                _merge(_at(whole, path), piece["data"])
    return whole.get("data")


def _at(whole: Any, path: list[Any]) -> Any:
    for key in path:
        whole = whole[key]
    return whole


def _merge(into: dict[str, Any], data: dict[str, Any]) -> None:
    """What came before is never said again, but for the objects above what is new."""
    for name, value in data.items():
        if name in into:
            _merge(into[name], value)
        else:
            into[name] = value


def with_hints(document: DocumentNode, random: Random) -> DocumentNode:
    types = TypeInfo(GRAPHQL)
    hinted: DocumentNode = visit(document, TypeInfoVisitor(types, _Hints(types, random)))
    return hinted


class _Hints(Visitor):
    def __init__(self, types: TypeInfo, random: Random) -> None:
        super().__init__()
        self._types = types
        self._random = random
        self._labels = 0

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> Any:
        """Some of the selections are put off, sometimes in one fragment in another."""
        selections = node.selections
        while self._random.random() < 0.4:
            late = [one for one in selections if self._random.random() < 0.6]
            if late:
                fragment = InlineFragmentNode(
                    selection_set=SelectionSetNode(selections=tuple(late)), directives=(_directive("@defer"),)
                )
                selections = (*(one for one in selections if one not in late), fragment)
        return SelectionSetNode(selections=selections)

    def leave_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> Any:
        return self._hinted(node, "@defer", 0.6)

    def leave_field(self, node: FieldNode, *_: Any) -> Any:
        if not is_list_type(get_nullable_type(self._types.get_type())):
            return node
        return self._hinted(node, f"@stream(initialCount: {self._random.randrange(3)})", 0.5)

    def _hinted(self, node: Any, directive: str, share: float) -> Any:
        if self._random.random() >= share:
            return node
        members = {key: getattr(node, key) for key in node.keys}
        members["directives"] = (*(node.directives or ()), _directive(directive))
        return type(node)(**members)


def _directive(text: str) -> DirectiveNode:
    (operation,) = parse(f"{{ field {text} }}").definitions
    directive: DirectiveNode = operation.selection_set.selections[0].directives[0]  # type: ignore[attr-defined]
    return directive
