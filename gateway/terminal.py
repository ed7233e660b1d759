"""What the command line says to a person."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, float], None]
"""Told what is being done now, and how much of the whole is done, from 0 to 1."""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Each line says what is wrong, and what to do."""
    for line in text.splitlines():
        sys.stderr.write(f"error: {line}\n")


def welcome(address: str, email: str, token: str | None, query: str) -> str:
    """Where to click, what to try, how to go on; `token` is that of the person with this address, if there is one."""
    body = json.dumps({"query": query})
    lines = ["", f"Heddle is ready: {address}/graphql", f"Its health:      {address}/health/ready", "", "Try it:", ""]
    if token:
        lines += [f"  TOKEN={token}", ""]
    lines.append(f"  curl {address}/graphql -H 'Content-Type: application/json' \\")
    if token:
        lines.append('    -H "Authorization: Bearer $TOKEN" \\')
    lines += [f"    -d '{body}'", ""]
    if token:
        lines.append(f"That is the token of {email}, for 12 hours. Of others: uv run server.py token --as EMAIL")
    return "\n".join([*lines, "Ctrl-C ends everything.", ""])


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
