"""Who was signed out, and when, as this worker last heard."""

import asyncio
from collections.abc import Mapping
from uuid import UUID


class Revocations:
    """Tokens of a subject that were issued before its moment hold no more; moments are seconds since the epoch."""

    def __init__(self) -> None:
        self._before: Mapping[UUID, float] = {}
        self._change = asyncio.Event()

    def refuse(self, subject: UUID | None, issued_at: float) -> bool:
        before = self._before.get(subject) if subject is not None else None
        return before is not None and issued_at < before

    def replace(self, before: Mapping[UUID, float]) -> None:
        """The moments of all who have one."""
        self._before = before
        self._change.set()
        self._change = asyncio.Event()

    async def changed(self) -> None:
        """Returns after the next change."""
        await self._change.wait()
