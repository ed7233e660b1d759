"""Logs: one JSON object a line on standard error; in a terminal, one readable line."""

import logging
import sys

import structlog


def configure_logs() -> None:
    """Our own, and the libraries' from warnings up, in one form.

    Tracebacks come without the values of local variables, which may be personal.
    """
    begin: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    end: list[structlog.types.Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    if sys.stderr.isatty():
        end = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    structlog.configure(
        processors=[*begin, *end],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    of_libraries = logging.StreamHandler(sys.stderr)
    of_libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *end], foreign_pre_chain=begin
        )
    )
    logging.basicConfig(handlers=[of_libraries], level=logging.WARNING)
