"""How many connections stay open: sockets and streams, of all callers together and of each."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from gateway.limits.rate import Payer, payer_of
from gateway.limits.refusals import TooManyConnections
from gateway.request import Caller

OF_ONE = 10
"""One caller may have a tenth of them."""


class Connections:
    """Of one process; `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open = 0
        self._of: dict[Payer, int] = {}

    def hold(self, caller: Caller) -> ExitStack:
        """One of this caller's, until it is closed. Raises: TooManyConnections."""
        with ExitStack() as held:
            held.enter_context(self.one())
            held.enter_context(self.of(caller))
            return held.pop_all()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Of whomever it is. Raises: TooManyConnections."""
        if self._open >= self._most:
            raise TooManyConnections("This server holds", self._most, "try again later")
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    @contextmanager
    def of(self, caller: Caller) -> Iterator[None]:
        """Which of them is this caller's. Raises: TooManyConnections."""
        payer, most = payer_of(caller), max(self._most // OF_ONE, 1)
        if self._of.get(payer, 0) >= most:
            raise TooManyConnections("You hold", most, "close one, or share one among your operations")
        self._of[payer] = self._of.get(payer, 0) + 1
        try:
            yield
        finally:
            self._of[payer] -= 1
            if not self._of[payer]:
                del self._of[payer]
