"""What an operation will cost, worked out once with its plan; and what it did cost, by the calls that it made.

The unit is a row, read and answered. An edge is a statement, however many rows it is of, and a row for each key that
it follows; an edge to a service is a request for each. How many items a list has is said by `first`, or by a required
list of keys such as `ids`; else by the `@cost` of the field, or it is taken for LIST.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    GraphQLArgument,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    ValueNode,
    VariableNode,
    is_list_type,
    is_non_null_type,
)

from datasources.calls import Call
from datasources.pages import MAX_FIRST
from gateway.plan.completion import Abstracts, Completer, Lists, Objects
from gateway.plan.field import Field
from gateway.plan.leaves import Leaves
from gateway.plan.load import Load
from gateway.plan.selection import Selection
from gateway.plan.steps import Branch, Resolution, Step
from schema.cost import USUAL
from schema.cost import Cost as Declared

OPERATION = 10.0
"""For whatever an operation asks: it is read, its caller is told who it is, and answered."""
ROW = 1.0
VALUE = 0.1
STATEMENT = 20.0
REQUEST = 50.0
MUTATION = 100.0
"""Of each root field: some reads, and a transaction."""
BYTES = 200
"""Of an answer, to the unit: values are written, however few rows they come from."""
LIST = 10
OF_SCHEMA = {"types": 150, "directives": 8, "fields": 6, "args": 1, "inputFields": 2, "enumValues": 3}
"""How long lists are where the schema itself is asked for."""


def spent(calls: Iterable[Call], answer: bytes) -> float:
    """What an operation did cost, in the same unit. What a cache answered is free."""
    cost = OPERATION + len(answer) / BYTES
    for call in calls:
        if call.kind == "sql":
            cost += STATEMENT + ROW * call.rows
        else:
            cost += REQUEST * (call.size - call.cached + call.retries)
    return cost


class Size(NamedTuple):
    """How long a list is: as the variable says, and `usual` where it says nothing, or there is none."""

    usual: float
    variable: str | None = None

    def of(self, variables: Mapping[str, Any]) -> float:
        return _length(variables.get(self.variable), self.usual) if self.variable else self.usual


ONE = Size(1)


@dataclass(slots=True, eq=False)
class Formula:
    """What a selection costs: `once` for all rows together, `each` for a row.

    Rows below whose number, or cost, depends on variables are in `terms`.
    """

    once: float = 0.0
    each: float = 0.0
    terms: list[tuple[Size, "Formula"]] = field(default_factory=list)

    def include(self, other: "Formula", size: Size = ONE) -> None:
        """So many rows of another formula for each row of this one."""
        self.once += other.once
        if not other.terms and not size.variable:
            self.each += size.usual * other.each
        elif size is ONE and len(other.terms) == 1:
            self.each += other.each
            self.terms += other.terms
        else:
            self.terms.append((size, other))

    def of(self, variables: Mapping[str, Any], known: dict[int, float]) -> float:
        """For one row. `known` are those of the formulas below: the same one may stand in many places."""
        if not self.terms:
            return self.each
        if id(self) not in known:
            cost = self.each
            for size, formula in self.terms:
                cost += size.of(variables) * formula.of(variables, known)
            known[id(self)] = cost
        return known[id(self)]


class Cost:
    """Of one operation, by its plan."""

    def __init__(self, root: Selection, operation: OperationDefinitionNode) -> None:
        self._root = root
        mutates = operation.operation is OperationType.MUTATION
        self._mutations = {branch for step in root.steps for branch in step.branches if mutates}
        definitions = operation.variable_definitions or ()
        self._defaults = {one.variable.name.value: one.default_value for one in definitions}
        self._known: dict[tuple[Selection, Size | None], Formula] = {}
        self._formula = self._selection(root, None)
        self._once = OPERATION + self._formula.once
        looks = [
            self._branch(step, branch, None).each
            for step in root.steps
            for branch in step.branches
            if branch.field.introspects
        ]
        self.introspection = sum(looks)
        """What is asked of the schema itself: graphql-core answers that, by no calls that could be counted."""

    def of(self, variables: Mapping[str, Any]) -> float:
        """With these variables, which nobody has looked at yet."""
        return self._once + self._formula.of(variables, {})

    def dearest(self, variables: Mapping[str, Any]) -> list[str]:
        """The path to the innermost list that makes half of the cost; empty where none does."""
        path: list[str] = []
        dearest: list[str] = []
        below: Selection | None = self._root
        page, share = None, 1.0
        while below and below.steps:
            costs = {
                branch: self._branch(step, branch, page).of(variables, {})
                for step in below.steps
                for branch in step.branches
            }
            branch = max(costs, key=costs.__getitem__)
            share *= costs[branch] / (sum(costs.values()) or 1)
            if share < 0.5:
                break
            path.append(branch.field.key)
            said = self._said(branch.field)
            if said or (isinstance(branch.completer, Lists) and not page):
                dearest = list(path)
            below, page = _objects(branch.completer), said
        return dearest

    def _selection(self, selection: Selection, page: Size | None) -> Formula:
        """`page` is how many were asked for where it is one of a list."""
        if (selection, page) not in self._known:
            formula = Formula(each=VALUE * len(selection.constants))
            for step in selection.steps:
                for branch in step.branches:
                    formula.include(self._branch(step, branch, page))
            self._known[selection, page] = formula
        return self._known[selection, page]

    def _branch(self, step: Step, branch: Branch, page: Size | None) -> Formula:
        """One field of a row, with all below it."""
        said = self._said(branch.field)
        formula = self._own(step, branch)
        formula.include(self._values(branch.completer, said or page or Size(_usual(branch.field)), said))
        return formula

    def _own(self, step: Step, branch: Branch) -> Formula:
        weight = _declared(branch.field).weight
        if isinstance(weight, int | float):
            return Formula(each=weight)
        if branch in self._mutations:
            return Formula(once=MUTATION)
        if isinstance(step, Load):
            first = branch is step.branches[0]
            return Formula(each=REQUEST) if step.batch.remote else Formula(once=STATEMENT * first, each=ROW)
        resolves = type(step) is Resolution and not branch.field.introspects
        return Formula(once=STATEMENT, each=ROW) if resolves else Formula(each=VALUE)

    def _values(self, completer: Completer, length: Size, page: Size | None) -> Formula:
        """All that is below a field: of the items of its list, or of its object."""
        formula = Formula()
        if isinstance(completer, Lists):
            item = Formula(each=VALUE if isinstance(completer.items, Leaves) else ROW)
            item.include(self._values(completer.items, Size(LIST), page))
            formula.include(item, length)
        elif isinstance(completer, Objects):
            formula.include(self._selection(completer.rows, page))
        elif isinstance(completer, Abstracts):
            for objects in completer.types.values():
                of_type = self._selection(objects.rows, page)
                formula.once += of_type.once
                formula.each = max(formula.each, of_type.each)
                formula.terms += of_type.terms
        return formula

    def _said(self, field: Field) -> Size | None:
        """How many are asked for, by `first` or by their keys."""
        given = {argument.name.value: argument.value for argument in field.nodes[0].arguments or ()}
        for name, argument in field.definition.args.items():
            keys = is_non_null_type(argument.type) and is_list_type(argument.type.of_type)
            if name == "first" or keys:
                return self._size(given.get(name), argument)
        return None

    def _size(self, value: ValueNode | None, argument: GraphQLArgument) -> Size:
        usual = _length(argument.default_value, LIST)
        if isinstance(value, VariableNode):
            name = value.name.value
            return Size(_of_literal(self._defaults.get(name), usual), name)
        return Size(_of_literal(value, usual))


def _objects(completer: Completer) -> Selection | None:
    """The selection of the one type of object that there may be."""
    while isinstance(completer, Lists):
        completer = completer.items
    return completer.rows if isinstance(completer, Objects) else None


def _declared(field: Field) -> Declared:
    known = field.definition.extensions.get("strawberry-definition")
    found = (directive for directive in known.directives if isinstance(directive, Declared)) if known else iter(())
    return next(found, USUAL)


def _usual(field: Field) -> int:
    """How long its list is, where nobody says it."""
    if field.introspects:
        return OF_SCHEMA.get(field.nodes[0].name.value, 1)
    return _declared(field).size or LIST


def _of_literal(value: ValueNode | None, usual: float) -> float:
    if isinstance(value, ListValueNode):
        return len(value.values)
    return _length(int(value.value), usual) if isinstance(value, IntValueNode) else usual


def _length(said: Any, usual: float) -> float:
    if isinstance(said, list):
        return len(said)
    # More than may be asked for is refused by the field itself, which says so better.
    return min(max(said, 0), MAX_FIRST) if isinstance(said, int | float) else usual
