"""Logs: one JSON object a line on standard error; in a terminal, one readable line."""

import sys

import structlog


def configure_logs() -> None:
    """Tracebacks come without the values of local variables, which may be personal."""
    to_people = sys.stderr.isatty()
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if to_people else [structlog.processors.format_exc_info]),
            plain if to_people else structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
