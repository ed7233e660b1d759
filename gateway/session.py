"""Who speaks on a connection that stays, and for how long: a token ends, is revoked, or is followed by a newer one."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from datasources.actor import ANONYMOUS, Actor
from datasources.errors import Refusal, Unauthenticated
from gateway.identity import Holder, Tokens
from gateway.request import Caller


class SessionOver(Unauthenticated):
    """The last error of a stream whose token holds no more."""

    def __init__(self) -> None:
        super().__init__("Your token has expired or was revoked, and this stream ends with it: connect with a new one.")


class AnotherPerson(Refusal):
    """A connection belongs to whom opened it: what runs there was admitted for that one."""

    code = "FORBIDDEN"

    def __init__(self) -> None:
        super().__init__("This token is another person's: connect anew for that one.")


class Session:
    """Of one connection. Without a holder it is nobody's, and never over."""

    def __init__(self, tokens: Tokens, holder: Holder | None = None) -> None:
        self._tokens = tokens
        self._holder = holder
        self._callers: dict[int, Caller] = {}
        self._waiting: asyncio.Timeout | None = None

    @classmethod
    async def of(cls, tokens: Tokens, token: str | None) -> "Session":
        """Raises: InvalidToken, SourceError."""
        return cls(tokens, await tokens.holder(token) if token is not None else None)

    @property
    def actor(self) -> Actor:
        return self._holder.actor if self._holder else ANONYMOUS

    @property
    def until(self) -> datetime | None:
        """When the token in force expires; None for nobody."""
        return datetime.fromtimestamp(self._holder.ends_at, UTC) if self._holder else None

    @contextmanager
    def running(self, caller: Caller) -> Iterator[Caller]:
        """Within it, the operation of this caller has the rights of the newest token."""
        caller.actor = self.actor
        self._callers[id(caller)] = caller
        try:
            yield caller
        finally:
            del self._callers[id(caller)]

    async def over(self) -> None:
        """Returns as soon as the token in force holds no more."""
        try:
            while True:
                with suppress(TimeoutError):  # of a renewal
                    async with asyncio.timeout(None) as self._waiting:
                        await (self._tokens.over(self._holder) if self._holder else asyncio.Event().wait())
                        return
        finally:
            self._waiting = None  # whose task, when it is cancelled, holds this session

    async def renew(self, token: str) -> None:
        """From now on this token is in force, for what runs too.

        Raises: AnotherPerson; InvalidToken and SourceError, after which the one before still is.
        """
        self._take(await self._tokens.holder(token))

    def follow(self, holder: Holder | None) -> None:
        """As `renew`, by a token that was checked, where it is newer than the one in force. Raises: AnotherPerson."""
        if holder and not (self._holder and holder.issued_at <= self._holder.issued_at):
            self._take(holder)

    def _take(self, holder: Holder) -> None:
        if holder.actor.id != self.actor.id:
            raise AnotherPerson
        self._holder = holder
        for caller in self._callers.values():
            caller.actor = holder.actor
        if self._waiting:
            self._waiting.reschedule(asyncio.get_running_loop().time())
            self._waiting = None
