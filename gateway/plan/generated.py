"""Functions that are generated: what is done for each row is done in their one comprehension."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

READERS_KEPT = 1_000
"""To generate one takes ten times as long as the rest of a field's step, and there are few attributes."""


@lru_cache(READERS_KEPT)
def reader(*attributes: str) -> Callable[[list[Any]], list[Any]]:
    """Reads an attribute of many rows without a call for each; several attributes make a tuple."""
    for attribute in attributes:
        if not attribute.isidentifier():
            raise ValueError(f"'{attribute}' is no attribute")
    reads = ", ".join(f"row.{attribute}" for attribute in attributes)
    return _generated(f"lambda rows: [{reads if len(attributes) == 1 else f'({reads})'} for row in rows]")


def builder(keys: Sequence[str], constants: dict[str, str]) -> Callable[..., list[Any]]:
    """Makes the dicts of a selection in one comprehension."""
    names = {key: f"v{place}" for place, key in enumerate(keys) if key not in constants}
    pairs = ", ".join(f"{key!r}: {names.get(key) or repr(constants[key])}" for key in keys)
    if not names:
        return _generated(f"lambda rows: [{{{pairs}}} for _ in rows]")
    columns = ", ".join(f"c{name}" for name in names.values())
    values = ", ".join(names.values())
    over = f"zip({columns})" if len(names) > 1 else columns
    return _generated(f"lambda rows, {columns}: [{{{pairs}}} for {values} in {over}]")


def _generated(source: str) -> Callable[..., Any]:
    function: Callable[..., Any] = eval(source, {"zip": zip})
    return function
