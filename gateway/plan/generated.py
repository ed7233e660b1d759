"""Functions that are generated: what is done for each row is done in their one comprehension."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

READERS_KEPT = 1_000
"""To generate one takes ten times as long as the rest of a field's step, and there are few attributes."""


@lru_cache(READERS_KEPT)
def reader(attribute: str) -> Callable[[list[Any]], list[Any]]:
    """Reads an attribute of many objects without a call for each."""
    if not attribute.isidentifier():
        raise ValueError(f"'{attribute}' is no attribute")
    return _generated(f"lambda objects: [one.{attribute} for one in objects]")


def builder(keys: Sequence[str], constants: dict[str, str]) -> Callable[..., list[Any]]:
    """Makes the dicts of a selection, so many, of their columns in one comprehension."""
    names = {key: f"v{place}" for place, key in enumerate(keys) if key not in constants}
    pairs = ", ".join(f"{key!r}: {names.get(key) or repr(constants[key])}" for key in keys)
    if not names:
        return _generated(f"lambda count: [{{{pairs}}} for _ in range(count)]")
    columns = ", ".join(f"c{name}" for name in names.values())
    values = ", ".join(names.values())
    over = f"zip({columns})" if len(names) > 1 else columns
    return _generated(f"lambda count, {columns}: [{{{pairs}}} for {values} in {over}]")


def _generated(source: str) -> Callable[..., Any]:
    function: Callable[..., Any] = eval(source, {"zip": zip, "range": range})
    return function
