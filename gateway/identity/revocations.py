"""Who was signed out, and when, as this worker last heard."""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID


class Registry(Protocol):
    """Where revocations are kept for all workers."""

    def number(self) -> Awaitable[int]:
        """Grows with every change."""
        ...

    def moments(self) -> Awaitable[Mapping[UUID, datetime]]:
        """Before which moment tokens of a subject must not have been issued; of those who have one."""
        ...


class Revocations:
    """Tokens of a subject that were issued before its moment hold no more. `refresh` learns of the moments."""

    def __init__(self) -> None:
        self._before: Mapping[UUID, float] = {}  # seconds since the epoch
        self._number: int | None = None
        self._change = asyncio.Event()

    async def refresh(self, registry: Registry) -> None:
        """Reads all moments anew where there were changes. Raises: SourceError."""
        number = await registry.number()  # before the moments: what comes between is then read twice, and not missed
        if number != self._number:
            self.replace(await registry.moments())
            self._number = number

    def replace(self, moments: Mapping[UUID, datetime]) -> None:
        self._before = {subject: moment.timestamp() for subject, moment in moments.items()}
        self._change.set()
        self._change = asyncio.Event()

    def refuse(self, subject: UUID | None, issued_at: float) -> bool:
        before = self._before.get(subject) if self._before and subject is not None else None
        return before is not None and issued_at < before

    async def changed(self) -> None:
        """Returns after the next change."""
        await self._change.wait()
