"""Work, counted: the same on every machine, busy or not."""

import sys
from collections.abc import Callable
from types import FrameType


def work(task: Callable[[], object]) -> int:
    """How many functions are called while it is done, Python's and C's; a million take some 0.1 s."""
    called = 0

    def count(_: FrameType, event: str, __: object) -> None:
        nonlocal called
        called += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        task()
    finally:
        sys.setprofile(before)
    return called
