"""Logs: one JSON object a line on standard error; in a terminal, one readable line.

Exceptions may say anything, a name or an address too: in production their types, places and codes are told, and their
messages are not.
"""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from threading import current_thread, main_thread
from traceback import format_exception, format_tb
from typing import Any, Literal

import orjson
import structlog
from structlog.types import EventDict, Processor

from gateway.later import flush

Level = Literal["info", "warning", "error"]

answering: ContextVar[str | None] = ContextVar("answering", default=None)
"""The id of the request that is being answered: whatever is logged meanwhile is of it."""

_FACTS = ("sqlstate", "constraint_name", "table_name", "column_name", "extendedresult", "strerror")
"""What errors of databases and systems hold beside their message: names and codes, no values."""


class Lines:
    """Standard error. Where nobody reads it any more, or the disk is full, requests are answered without a log."""

    def __init__(self, *finish: Processor) -> None:
        self._file = sys.stderr.buffer
        self._finish = finish

    def msg(self, line: bytes) -> None:
        if current_thread() is main_thread():  # where the loop runs, and what waits is from
            flush()
        self.write(line + b"\n")

    debug = info = warning = error = critical = msg

    def tell(self, events: Sequence[EventDict]) -> None:
        self.write(b"".join([self._made(event) + b"\n" for event in events]))

    def write(self, lines: bytes) -> None:
        with suppress(OSError):
            self._file.write(lines)
            self._file.flush()

    def _made(self, event: Any) -> bytes:
        for processor in self._finish:
            event = processor(None, "info", event)
        return bytes(event)


class _OfLibraries(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _lines.msg(self.format(record).encode())


def telling() -> bool:
    """Whether `tell` writes anything."""
    return _level == "info"


def tell(events: Sequence[EventDict]) -> None:
    """Logs what is told of every request: whole events of level `info`, where such lines are wanted."""
    if telling():
        _lines.tell(events)


def configure_logs(level: Level = "info", *, messages: bool = True) -> None:
    """Our own from `level` up, and the libraries' from warnings up, in one form.

    Without `messages`, what was raised is told without its message, and of what libraries say the first line alone.
    The values of local variables are never told.
    """
    global _lines, _level
    flush()
    told = _told if messages else _told_without_messages
    begin: list[Processor] = [_completed, _Raised(lambda info: told(info[1]))]
    end: list[Processor] = [_json]
    if sys.stderr.isatty():
        end = [_shortened, structlog.dev.ConsoleRenderer(sort_keys=False), _bytes]
    _lines, _level = Lines(*end), level
    structlog.configure(
        processors=[*begin, *end],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _lines,
        cache_logger_on_first_use=False,
    )
    of_libraries = _OfLibraries()
    of_libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *end, _text],
            foreign_pre_chain=begin if messages else [_first_line, *begin],
        )
    )
    logging.basicConfig(handlers=[of_libraries], level=logging.WARNING, force=True)


class _Raised(structlog.processors.ExceptionRenderer):
    """Looked for in lines that have one alone: most have not."""

    def __call__(self, logger: Any, level: str, event: EventDict) -> EventDict:
        return super().__call__(logger, level, event) if "exc_info" in event else event


def _completed(_: object, level: str, event: EventDict) -> EventDict:
    told: EventDict = {"timestamp": datetime.now(UTC), "level": level, "event": event.pop("event")}
    request = answering.get()
    if request is not None:
        told["request"] = request
    told.update(event)
    return told


def _json(_: object, __: str, event: EventDict) -> bytes:
    return orjson.dumps(event, default=str, option=orjson.OPT_UTC_Z)


def _bytes(_: object, __: str, line: Any) -> bytes:
    return str(line).encode()


def _text(_: object, __: str, line: Any) -> str:
    return bytes(line).decode()


def _shortened(_: object, __: str, event: EventDict) -> EventDict:
    """For a person who watches: the time of day, and what is not as always."""
    event["timestamp"] = event["timestamp"].astimezone().strftime("%H:%M:%S")
    return {name: value for name, value in event.items() if value not in (None, False, 0, [])}


def _first_line(_: object, __: str, event: EventDict) -> EventDict:
    """asyncio shows the lost exception of a task in the lines below."""
    event["event"] = event["event"].partition("\n")[0]
    return event


def _told(error: BaseException) -> str:
    return "".join(format_exception(error)).rstrip()


def _told_without_messages(error: BaseException) -> str:
    return "".join(_parts(error, set())).rstrip()


def _parts(error: BaseException, seen: set[int]) -> Iterator[str]:
    """As Python prints it: what came before, the frames, then what was raised."""
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _parts(before, seen)
        yield "which led to:\n"
    yield from format_tb(error.__traceback__)
    facts = {name: getattr(error, name, None) for name in _FACTS}
    told = ", ".join(f"{name}={value}" for name, value in facts.items() if value)
    kind = type(error)
    yield f"{kind.__module__}.{kind.__qualname__}{told and f': {told}'}\n"
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield "of these:\n"
            yield from _parts(inner, seen)


_lines = Lines(_json)
_level: Level = "info"
