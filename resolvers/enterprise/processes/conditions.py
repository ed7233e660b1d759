"""Conditions: `available < 10 and (warehouse = "…" or not urgent = true)`.

    condition   alternative { "or" alternative }
    alternative part { "and" part }
    part        "not" part | "(" condition ")" | field sign value
    sign        = | != | < | <= | > | >=
    value       a whole number | "text", in which \\" and \\\\ stand for " and \\ | true | false

A text becomes a tree once, is checked against the fields that there are, and is then evaluated without side effects.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, NoReturn

from datasources.errors import InvalidInput

MAX_LENGTH = 1_000
MAX_DEPTH = 10
KEPT = 1_000


class Kind(StrEnum):
    """What a field is. Ids are UUIDs, as events have them."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"
    ID = "id"


class Sign(StrEnum):
    IS = "="
    IS_NOT = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


Value = int | str | bool


@dataclass(frozen=True, slots=True)
class Comparison:
    field: str
    sign: Sign
    value: Value


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


@dataclass(frozen=True, slots=True)
class All:
    """Two parts at least."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Two parts at least."""

    parts: tuple["Condition", ...]


Condition = Comparison | Not | All | Some


@lru_cache(KEPT)
def parse(text: str, where: str = "when") -> Condition:
    """Raises: InvalidInput, which names the input field `where` and the column, and says what is expected there."""
    if len(text) > MAX_LENGTH:
        raise InvalidInput(where, f"`{where}` has {len(text)} characters; write {MAX_LENGTH} at most.")
    parser = _Parser(text, where)
    found = parser.condition(0)
    if parser.kind != "end":
        parser.expected("`and`, `or` or the end")
    return found


def show(condition: Condition) -> str:
    """The text that is parsed to this condition."""
    match condition:
        case Comparison(field, sign, value):
            return f"{field} {sign} {_shown(value)}"
        case Not(part):
            return f"not {_bare(part, Comparison, Not)}"
        case All(parts):
            return " and ".join(_bare(part, Comparison, Not) for part in parts)
        case Some(parts):
            return " or ".join(_bare(part, Comparison, Not, All) for part in parts)


def _bare(part: Condition, *kinds: type) -> str:
    """In brackets, unless it is of these kinds."""
    return show(part) if isinstance(part, kinds) else f"({show(part)})"


def check(condition: Condition, fields: Mapping[str, Kind], where: str = "when") -> None:
    """Raises: InvalidInput where there is no such field, or it is of another kind than what it is compared with."""
    for comparison in _comparisons(condition):
        kind = fields.get(comparison.field)
        if kind is None:
            raise InvalidInput(where, f"There is no field `{comparison.field}` here; {told(fields)}")
        if not isinstance(comparison.value, _TYPES[kind]) or isinstance(comparison.value, bool) != (kind is Kind.FLAG):
            raise InvalidInput(
                where,
                f"`{comparison.field}` is {_A[kind]}, and `{_shown(comparison.value)}` is not; compare like with like.",
            )
        if kind is not Kind.NUMBER and comparison.sign not in (Sign.IS, Sign.IS_NOT):
            raise InvalidInput(where, f"`{comparison.field}` is {_A[kind]}, which is compared by = and != only.")


def told(fields: Mapping[str, Kind]) -> str:
    return f"it may be one of {', '.join(f'{name} ({kind})' for name, kind in sorted(fields.items()))}."


def meets(values: Mapping[str, Any], condition: Condition | None) -> bool:
    """Whether these values meet it; what depends on a field that is missing, or of another kind, is not met."""
    return condition is None or _truth(values, condition) is True


def _truth(values: Mapping[str, Any], condition: Condition) -> bool | None:
    """None where it cannot be said, `not` of which cannot be said either."""
    match condition:
        case Comparison(field, sign, value):
            found = values.get(field)
            return None if type(found) is not type(value) else _COMPARED[sign](found, value)
        case Not(part):
            truth = _truth(values, part)
            return None if truth is None else not truth
        case All(parts):
            truths = {_truth(values, part) for part in parts}
            return False if False in truths else None if None in truths else True
        case Some(parts):
            truths = {_truth(values, part) for part in parts}
            return True if True in truths else None if None in truths else False


def _comparisons(condition: Condition) -> Iterator[Comparison]:
    match condition:
        case Comparison():
            yield condition
        case Not(part):
            yield from _comparisons(part)
        case All(parts) | Some(parts):
            for part in parts:
                yield from _comparisons(part)


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


_COMPARED: Mapping[Sign, Callable[[Any, Any], bool]] = {
    Sign.IS: operator.eq,
    Sign.IS_NOT: operator.ne,
    Sign.LESS: operator.lt,
    Sign.AT_MOST: operator.le,
    Sign.MORE: operator.gt,
    Sign.AT_LEAST: operator.ge,
}
_TYPES = {Kind.NUMBER: int, Kind.TEXT: str, Kind.FLAG: bool, Kind.ID: str}
_A = {Kind.NUMBER: "a number", Kind.TEXT: "a text", Kind.FLAG: "true or false", Kind.ID: "an id"}

_TOKEN = re.compile(
    r"""
    [ \t\r\n]*
    (?: (?P<number> -?[0-9]{1,18} ) (?![0-9A-Za-z_])
      | (?P<text> "(?: [^"\\] | \\["\\] )*" )
      | (?P<word> [A-Za-z_][0-9A-Za-z_]* )
      | (?P<sign> <= | >= | != | = | < | > )
      | (?P<bracket> [()] )
      | (?P<end> \Z )
    )""",
    re.VERBOSE,
)
_KEYWORDS = frozenset(("and", "or", "not", "true", "false"))


class _Parser:
    """Holds one token: its kind and its text."""

    def __init__(self, text: str, where: str) -> None:
        self._text = text
        self._where = where
        self._end = 0
        self._next()

    def condition(self, depth: int) -> Condition:
        return self._joined("or", Some, lambda: self._joined("and", All, lambda: self._part(depth)))

    def _joined(self, word: str, make: type[All] | type[Some], part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self.token == word:
            self._next()
            parts.append(part())
        return parts[0] if len(parts) == 1 else make(tuple(parts))

    def _part(self, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise InvalidInput(self._where, f"`{self._where}` is nested more than {MAX_DEPTH} deep; write it flatter.")
        if self.token == "not":
            self._next()
            return Not(self._part(depth + 1))
        if self.token == "(":
            self._next()
            inside = self.condition(depth + 1)
            if self.token != ")":
                self.expected("`and`, `or` or `)`")
            self._next()
            return inside
        return self._comparison()

    def _comparison(self) -> Comparison:
        if self.kind != "word" or self.token in _KEYWORDS:
            self.expected("a comparison such as `amount_minor >= 1000`")
        field = self.token
        self._next()
        if self.kind != "sign":
            self.expected("one of = != < <= > >=")
        sign = Sign(self.token)
        self._next()
        return Comparison(field, sign, self._value())

    def _value(self) -> Value:
        value: Value
        if self.kind == "number":
            value = int(self.token)
        elif self.kind == "text":
            value = re.sub(r"\\(.)", r"\1", self.token[1:-1])
        elif self.token in ("true", "false"):
            value = self.token == "true"
        else:
            self.expected('a whole number, a "text", true or false')
        self._next()
        return value

    def expected(self, what: str) -> NoReturn:
        found = f"`{self.token[:40]}`" if self.token else "the end"
        raise InvalidInput(self._where, f"Column {self._column} of `{self._where}`: expected {what}, found {found}.")

    def _next(self) -> None:
        found = _TOKEN.match(self._text, self._end)
        if found is None:
            self.kind, self.token = "wrong", self._text[self._end :].lstrip()
            self._column = len(self._text) - len(self.token) + 1
            self.expected('a field, a sign, a whole number of 18 digits at most, or a "text"')
        self.kind = str(found.lastgroup)
        self.token = found[self.kind]
        self._column = found.start(self.kind) + 1
        self._end = found.end()
