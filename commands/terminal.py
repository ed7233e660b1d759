"""What the command line says to a person."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from pathlib import Path

from graphql import parse

from datasources.house.documents import Registered
from gateway.manifest import operations_of

COLOURS: Mapping[str, str] = {
    "ok": "green",
    "wrong": "bold red",
    "note": "yellow",
    "newer": "bold red",
    "SOURCE_UNAVAILABLE": "bold red",
    "SOURCE_TIMEOUT": "bold red",
    "SOURCE_REFUSED": "bold red",
}
HOW_TO_ADD = "add a manifest: uv run server.py documents add --client web FILE"

Progress = Callable[[str, float], None]
"""Told what is being done now, and how much of the whole is done, from 0 to 1."""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Each line says what is wrong, and what to do."""
    for line in text.splitlines():
        sys.stderr.write(f"error: {line}\n")


def say_json(value: object) -> None:
    """In colours on a terminal; elsewhere as it is."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if not sys.stdout.isatty():
        say(text)
        return
    from rich import print_json

    print_json(text)


def say_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on a terminal; elsewhere a line for each row, in columns."""
    if not sys.stdout.isatty():
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        for row in (head, *rows):
            say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*head, box=box.SIMPLE_HEAD)
    for row in rows:
        drawn.add_row(*(Text(cell, COLOURS.get(cell, "")) for cell in row))
    Console().print(drawn)


def welcome(address: str, email: str, token: str | None, query: str, data: Path | None) -> str:
    """Where to click, what to try, how to go on; `token` is that of the person with this address, if there is one.

    `data` is where the databases are, if not where commands look for them by themselves.
    """
    body = json.dumps({"query": query})
    lines = ["", f"Heddle is ready: {address}/graphql", f"Its health:      {address}/health/ready", "", "Try it:", ""]
    if token:
        lines += [f"  TOKEN={token}", ""]
    lines.append(f"  curl {address}/graphql -H 'Content-Type: application/json' \\")
    if token:
        lines.append('    -H "Authorization: Bearer $TOKEN" \\')
    lines += [f"    -d '{body}'", ""]
    if token:
        command = "uv run server.py token --as EMAIL" + (f" --data {data}" if data else "")
        lines.append(f"That is the token of {email}, for 12 hours. Of others: {command}")
    return "\n".join([*lines, "Ctrl-C ends everything.", ""])


def example_of(texts: Mapping[str, str]) -> str:
    """The body of a request for one of the documents."""
    return json.dumps({"documentId": next(iter(texts))})


def clients_of(documents: Sequence[Registered]) -> str:
    """One line a client: how many documents it has, and when the last one came."""
    lines = [f"{'client':<20}  documents  last added"]
    for client, own in groupby(documents, lambda one: one.client):
        days = [f"{one.added_at:%Y-%m-%d}" for one in own]
        lines.append(f"{client:<20}  {len(days):>9}  {max(days)}")
    return "\n".join([*lines, "Those of one client: uv run server.py documents list --client NAME"])


def documents_of(documents: Sequence[Registered]) -> str:
    """One line a document: its id, its operations, and when it came."""
    return "\n".join(
        f"{one.id:<64}  {one.added_at:%Y-%m-%d}  {', '.join(operations_of(parse(one.text)))}" for one in documents
    )


def revocation_of(who: str, before: datetime, within_s: float) -> str:
    """What became of whom, and how to take it back."""
    return (
        f"Within {within_s:g} seconds '{who}' is signed out: tokens issued before {before:%Y-%m-%d %H:%M:%S} UTC are"
        " refused, and sockets that they opened are closed.\nTo take that back, run it again with --undo."
    )


@contextmanager
def progress(title: str) -> Iterator[Progress]:
    """A bar on a terminal; elsewhere the title alone, as soon as there is something to tell."""
    if sys.stdout.isatty():
        with _bar(title) as tell:
            yield tell
        return
    told = False

    def tell_once(_: str, __: float) -> None:
        nonlocal told
        if not told:
            told = True
            say(f"{title} …")

    yield tell_once


@contextmanager
def _bar(title: str) -> Iterator[Progress]:
    from rich import progress as rich_progress  # only where there is somebody to look at it

    columns = (
        rich_progress.TextColumn(title),
        rich_progress.BarColumn(),
        rich_progress.TextColumn("{task.description}"),
    )
    with rich_progress.Progress(*columns, transient=True) as bar:
        task = bar.add_task("", total=1.0, visible=False)
        yield lambda what, done: bar.update(task, description=what, completed=done, visible=True)
