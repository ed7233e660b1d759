"""What a domain brings: its sources, its stores, and its part of the graph."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from datasources.settings import SettingsPart


@dataclass(frozen=True, slots=True)
class Domain:
    """`open(settings, own_settings)` opens the sources; `stores(sources, actor)` is the domain as one actor sees it.

    `types` are those that only interfaces lead to.
    """

    name: str
    settings: type[SettingsPart]
    open: Callable[..., AbstractAsyncContextManager[Any]]
    stores: type
    query: type
    mutation: type
    types: Sequence[type] = ()
