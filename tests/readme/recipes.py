"""Does what a recipe says, as its reader would: a first line names a file and the place in it for the code below."""

import ast
import re
from pathlib import Path

PLACE = re.compile(
    r"^# (?P<path>[\w/]+\.py), (?P<place>new file|at the end|in class \w+|(?:after|in place of) `.+`)\n", re.M
)


def follow(recipe: str, tree: Path) -> list[str]:
    """Applies all the blocks of a recipe to the files below `tree`; which files these were."""
    begun, *pieces = PLACE.split(recipe)
    assert not begun, f"This does not say where it goes: {begun}"
    for path, place, code in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
        file = tree / path
        assert file.exists() != (place == "new file"), f"{path} is there already, or is not there"
        old = file.read_text() if file.exists() else ""
        file.write_text(_applied(old, place, code.rstrip() + "\n"))
    return sorted(set(pieces[::3]))


def _applied(old: str, place: str, code: str) -> str:
    lines = old.splitlines(keepends=True)
    start, end = _range(old, lines, place)
    return "".join([*lines[:start], code, *lines[end:]])


def _range(old: str, lines: list[str], place: str) -> tuple[int, int]:
    """Which lines the code replaces: none of them, but for "in place of"."""
    if place.startswith("in class "):
        name = place.removeprefix("in class ")
        (end,) = (node.end_lineno or 0 for node in ast.parse(old).body if getattr(node, "name", None) == name)
        return end, end
    if "`" not in place:
        return len(lines), len(lines)
    anchor = place.split("`")[1]
    (number,) = (number for number, line in enumerate(lines) if anchor in line)
    return (number if place.startswith("in place") else number + 1), number + 1
