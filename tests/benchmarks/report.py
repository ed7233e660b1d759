"""Figures as tables for people, and as JSON."""

from collections.abc import Sequence
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

Row = dict[str, str | int | float]
"""Figures by their names, which say the units."""


class Report:
    def __init__(self) -> None:
        self._tables: dict[str, Sequence[Row]] = {}

    def add(self, title: str, rows: Sequence[Row]) -> None:
        """Prints a table of the rows, which have the same columns."""
        table = Table(title=title, title_justify="left")
        for name, value in rows[0].items():
            table.add_column(name, justify="left" if isinstance(value, str) else "right")
        for row in rows:
            table.add_row(*map(_shown, row.values()))
        Console(width=140).print(table)
        self._tables[title] = rows

    def write(self, file: Path) -> None:
        file.write_bytes(orjson.dumps(self._tables, option=orjson.OPT_INDENT_2))


def _shown(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
