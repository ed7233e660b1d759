"""Enums of the layers below, told to readers of the graph."""

from enum import Enum
from typing import Any, cast

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition


def told(kind: type[Enum], description: str, *, name: str | None = None, **values: str) -> None:
    """Puts the enum into the graph; `values` describe those whose names do not say it all: `DRAFT="Not sent yet."`"""
    shown: Any = strawberry.enum(kind, name=name, description=description)
    for value in cast(StrawberryEnumDefinition, shown.__strawberry_definition__).values:
        value.description = values.pop(value.name, None)
    if values:
        raise ValueError(f"{kind.__name__} has no values {', '.join(values)}.")
