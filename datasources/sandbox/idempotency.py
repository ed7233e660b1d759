"""A change is made once for each Idempotency-Key; its first answer is replayed until the keys are forgotten."""

from collections.abc import Awaitable, Callable

from datasources.sandbox.state import Answer, Keyed, State


class Refused(Exception):
    """A service's no; an answer like any other, so it is kept and replayed too."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.body))
        self.answer = answer


class KeyReused(Exception):
    """The key already stands for another request."""


class KeyInFlight(Exception):
    """The first request with this key has not been answered yet."""


class Once:
    def __init__(self, state: State, service: str) -> None:
        self._state = state
        self._service = service
        self._in_flight: set[str] = set()

    async def run(self, key: str | None, request: str, change: Callable[[], Awaitable[Answer]]) -> tuple[Answer, bool]:
        """The change's answer, and whether it is a replay; a change without a key is made every time.

        Raises: KeyReused, KeyInFlight.
        """
        if key is None:
            answer = await _answer(change)
            self._state.keep(answer.keeps)
            return answer, False
        if key in self._in_flight:
            raise KeyInFlight
        if known := self._state.answered(self._service, key):
            if known[0] != request:
                raise KeyReused
            return known[1], True
        self._in_flight.add(key)
        try:
            answer = await _answer(change)
            # Nothing is awaited between a change and its keeping, so the next change sees this one.
            self._state.keep_answer(Keyed(self._service, key, request), answer)
        finally:
            self._in_flight.discard(key)
        return answer, False


async def _answer(change: Callable[[], Awaitable[Answer]]) -> Answer:
    try:
        return await change()
    except Refused as refusal:
        return refusal.answer
