"""One stream for all operations of a client, each with an id that the client gave it."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import orjson

from datasources.errors import Refusal
from gateway.draining import Draining
from gateway.errors import refusal
from gateway.execution import Executor
from gateway.limits.refusals import Throttled, TooManyOperations
from gateway.request import BadRequest, Caller, GraphQLRequest
from gateway.results import results, sent
from gateway.session import Session
from gateway.streams.live import Write

MAX_OPERATIONS = 100
MAX_ID_CHARACTERS = 200


class Outcome(NamedTuple):
    """The answer to a request that concerns a stream; `errors` where it is refused."""

    status: int
    errors: list[dict[str, object]]


class IdTaken(BadRequest):
    def __init__(self) -> None:
        super().__init__("An operation with this id runs on the stream already; give each its own `operationId`.", 409)


class Single:
    """A stream while it is open."""

    def __init__(self, executor: Executor, session: Session, draining: Draining) -> None:
        self.session = session
        self._executor = executor
        self._draining = draining
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: dict[asyncio.Task[None], GraphQLRequest] = {}  # also of what was completed and still cleans up
        self._leaving = False

    async def serve(self, write: Write) -> bytes:
        self._write = write
        try:
            async with asyncio.TaskGroup() as self._group:
                await asyncio.Event().wait()
        finally:
            self._operations.clear()  # a task that is cancelled holds all that it did, and this stream
        return b""

    def run(self, id: str, request: GraphQLRequest, caller: Caller) -> None:
        """Raises: BadRequest, TooManyOperations."""
        if not 0 < len(id) <= MAX_ID_CHARACTERS:
            raise BadRequest(f"Give the operation an id of 1 to {MAX_ID_CHARACTERS} characters in `operationId`.")
        if id in self._operations:
            raise IdTaken
        if len(self._tasks) >= MAX_OPERATIONS:
            raise TooManyOperations("This stream runs", MAX_OPERATIONS, "end one of them")
        if self._leaving:
            return  # the stream ends in a moment, and the client asks again
        task = self._group.create_task(self._operate(id, request, caller))
        self._operations[id] = task
        self._tasks[task] = request
        task.add_done_callback(self._tasks.pop)

    def complete(self, id: str) -> None:
        if operation := self._operations.pop(id, None):
            operation.cancel()

    def failed(self, errors: bytes) -> bytes:
        """The last words to all operations."""
        return b"".join([b'%b{"errors":%b}}\n\n%b' % (_before(id), errors, _complete(id)) for id in self._operations])

    async def left(self) -> None:
        """Returns when the server goes, and what has an end is finished."""
        await self._draining.told()
        self._leaving = True
        if finite := [task for task, request in self._tasks.items() if not self._executor.lasts(request)]:
            await asyncio.wait(finite)

    async def _operate(self, id: str, request: GraphQLRequest, caller: Caller) -> None:
        before = _before(id)

        async def send(page: Sequence[bytes]) -> None:
            await self._write(b"".join([b"%b%b}\n\n" % (before, result) for result in page]))

        failure = await sent(partial(results, self._executor), caller, request, self.session, send)
        if failure:
            await send((b'{"errors":%b}' % failure.errors,))
        self._operations.pop(id, None)
        await self._write(_complete(id))


def outcome_of(error: Refusal) -> Outcome:
    status = 429 if isinstance(error, Throttled) else error.status if isinstance(error, BadRequest) else 403
    return Outcome(status, [refusal(error)])


def _before(id: str) -> bytes:
    return b'event: next\ndata: {"id":%b,"payload":' % orjson.dumps(id)


def _complete(id: str) -> bytes:
    return b'event: complete\ndata: {"id":%b}\n\n' % orjson.dumps(id)
