"""Results of a subscription that are told together, to however many hear of the same."""

from gateway.frames import head


class Page(tuple[bytes, ...]):
    """Each a response, as JSON."""

    _beside = -1
    _pieces: list[bytes]

    def framed(self, before: bytes) -> bytes:
        """Text messages for a WebSocket: each is what comes `before`, a result and `}`.

        For a thousand sockets they differ in nothing but their ids, which are as long as each other: all that is
        between these is made once.
        """
        if not self:
            return b""
        if self._beside != len(before):
            self._beside = len(before)
            heads = [head(len(before) + len(result) + 1) for result in self]
            ends = [result + b"}" + next_head for result, next_head in zip(self, [*heads[1:], b""], strict=True)]
            self._pieces = [heads[0], *ends]
        return before.join(self._pieces)
