"""A circuit breaker: a service that keeps failing is left alone for a while, and then asked once."""

from collections.abc import Callable

import structlog

from datasources.errors import SourceUnavailable

moved: list[Callable[[str, bool], None]] = []
"""Who is told of each breaker of this process when it is made, opens (True) and closes."""

log = structlog.get_logger("heddle")


class Breaker:
    """Opens after `failures` in a row; then admits one probe per `pause_s`, until one succeeds."""

    def __init__(self, source: str, *, failures: int = 5, pause_s: float = 5.0, clock: Callable[[], float]) -> None:
        self._source = source
        self._limit = failures
        self._pause_s = pause_s
        self._clock = clock
        self._failed = 0
        self._shut_until = 0.0
        self._reason = ""
        self._tell()

    @property
    def is_open(self) -> bool:
        return self._failed >= self._limit

    def check(self) -> None:
        """Raises: SourceUnavailable while the service is left alone, or probed by another."""
        if self.is_open and self._clock() < self._shut_until:
            raise SourceUnavailable(self._source, f"left alone after {self._failed} failures, the last: {self._reason}")

    def admit(self) -> None:
        """As `check`, for a request that is sent next."""
        self.check()
        if self.is_open:
            # The probe takes the next pause with it: a probe that is cancelled needs no clearing up.
            self._shut_until = self._clock() + self._pause_s

    def succeeded(self) -> None:
        was_open = self.is_open
        self._failed = 0
        if was_open:
            log.info("service is back", service=self._source)
            self._tell()

    def failed(self, reason: str) -> None:
        was_open = self.is_open
        self._failed += 1
        self._reason = reason
        self._shut_until = self._clock() + self._pause_s
        if self.is_open and not was_open:
            log.warning("service is left alone", service=self._source, failures=self._failed, last=reason)
            self._tell()

    def _tell(self) -> None:
        for tell in moved:
            tell(self._source, self.is_open)
