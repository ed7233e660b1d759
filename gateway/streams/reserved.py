"""One stream for all operations of a client, in the requests of graphql-sse.

PUT reserves a stream and gives its token, which each of the others brings: GET opens it, POST runs an operation whose
results go there, DELETE ends one. The last two may reach another process than the one that the stream is open in.
"""

import hmac
from dataclasses import fields
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from starlette.responses import Response

from datasources.actor import ANONYMOUS, Actor
from datasources.errors import Refusal
from gateway.answer import FOR_THIS_CLIENT_ONLY
from gateway.headers import JSON
from gateway.identity import Holder
from gateway.request import BadRequest, Caller, GraphQLRequest
from gateway.session import AnotherPerson, Session
from gateway.streams.distinct import Streaming
from gateway.streams.kinds import EVENTS
from gateway.streams.live import Live, Write
from gateway.streams.reservations import HOW, Reservation, Reservations
from gateway.streams.single import Outcome, Single, outcome_of

if TYPE_CHECKING:
    from gateway.streams.relay import Relay


class AlreadyOpen(BadRequest):
    def __init__(self) -> None:
        super().__init__("This stream is open already; reserve another one by PUT.", 409)


class NotOpen(BadRequest):
    def __init__(self) -> None:
        super().__init__(f"Nobody reads this stream; {HOW}.", 404)


class NeedsRedis(BadRequest):
    def __init__(self) -> None:
        super().__init__(
            "Here, one stream for several operations needs HEDDLE_REDIS_URL, since several processes serve;"
            " use a stream for each operation.",
            501,
        )


class Reserved:
    """`secret` is the same in all processes that serve together; `alone` is the only one. They meet at `redis_url`."""

    def __init__(self, streaming: Streaming, secret: bytes, redis_url: str | None, *, alone: bool) -> None:
        self._streaming = streaming
        self._reservations = Reservations(hmac.digest(secret, b"reservations", "sha256"))
        self._open: dict[str, Single] = {}
        self._relay = self._relaying(redis_url, hmac.digest(secret, b"relay", "sha256")) if redis_url else None
        self._refuses = not alone and self._relay is None

    def reserve(self, holder: Holder | None) -> Response:
        """Raises: NeedsRedis."""
        if self._refuses:
            raise NeedsRedis
        response = Response(self._reservations.make(holder), 201, media_type="text/plain; charset=utf-8")
        response.raw_headers += FOR_THIS_CLIENT_ONLY
        return response

    async def open(self, token: str, caller: Caller, holder: Holder | None) -> Live:
        """The stream. Who cannot send another header than a browser does is whom it was reserved for.

        Raises: BadRequest, AnotherPerson, TooManyConnections, SourceUnavailable.
        """
        reservation = self._reservations.read(token)
        self._reservations.check_opens(reservation)
        if holder is None:
            holder = reservation.holder
        _check_person(reservation, holder)
        if reservation.id in self._open:
            raise AlreadyOpen
        caller.actor = holder.actor if holder else caller.actor
        single = Single(self._streaming.executor, Session(self._streaming.tokens, holder), self._streaming.draining)
        self._open[reservation.id] = single
        try:
            if self._relay and not await self._relay.hold(reservation.id):
                raise AlreadyOpen
            held = self._streaming.connections.hold(caller)
        except BaseException:
            await self._closed(reservation.id)
            raise

        async def work(write: Write) -> bytes:
            try:
                return await single.serve(write)
            finally:
                await self._closed(reservation.id)

        return Live(EVENTS, work, single.failed, single.session, single.left, held)

    async def run(self, token: str, request: GraphQLRequest, caller: Caller, holder: Holder | None) -> Response:
        """Raises: BadRequest, AnotherPerson, SourceUnavailable."""
        id = request.extensions.get("operationId")
        if not isinstance(id, str):
            raise BadRequest("Give the operation an id, a string in `extensions.operationId`.")
        return await self._asked(token, holder, {"run": id, "request": request, "caller": caller})

    async def complete(self, token: str, id: str, holder: Holder | None) -> Response:
        """Raises: BadRequest, AnotherPerson, SourceUnavailable."""
        return await self._asked(token, holder, {"complete": id})

    async def close(self) -> None:
        if self._relay:
            await self._relay.close()

    async def _asked(self, token: str, holder: Holder | None, message: dict[str, Any]) -> Response:
        reservation = self._reservations.read(token)
        _check_person(reservation, holder)
        message["holder"] = holder
        if single := self._open.get(reservation.id):
            return _response(_handled(single, message))
        outcome = await self._relay.ask(reservation.id, _portable(message)) if self._relay else None
        if outcome is None:
            raise NotOpen
        return _response(outcome)

    def _handle(self, id: str, message: dict[str, Any]) -> Outcome:
        """What another process asks."""
        single = self._open.get(id)
        return _handled(single, _restored(message)) if single else outcome_of(NotOpen())

    async def _closed(self, id: str) -> None:
        del self._open[id]
        if self._relay:
            await self._relay.release(id)

    def _relaying(self, redis_url: str, key: bytes) -> "Relay":
        from gateway.streams.relay import Relay  # redis imports much, which takes long

        return Relay(redis_url, key, self._handle)


def _check_person(reservation: Reservation, holder: Holder | None) -> None:
    reserved_for = reservation.holder.actor.id if reservation.holder else None
    if (holder.actor.id if holder else None) != reserved_for:
        raise AnotherPerson


def _handled(single: Single, message: dict[str, Any]) -> Outcome:
    try:
        single.session.follow(message["holder"])
        if "complete" in message:
            single.complete(message["complete"])
            return Outcome(200, [])
        single.run(message["run"], message["request"], message["caller"])
    except Refusal as error:
        return outcome_of(error)
    return Outcome(202, [])


def _portable(message: dict[str, Any]) -> dict[str, Any]:
    """As JSON has it; where traces are, the operation begins one of its own."""
    portable = dict(message)
    if holder := message["holder"]:
        portable["holder"] = [holder.actor.id, sorted(holder.actor.scopes), holder.issued_at, holder.ends_at]
    if caller := message.get("caller"):
        portable["caller"] = [caller.request_id, caller.address]
    if request := message.get("request"):  # its document is found anew there
        portable["request"] = {part.name: getattr(request, part.name) for part in fields(request) if part.init}
    return portable


def _restored(portable: dict[str, Any]) -> dict[str, Any]:
    message = dict(portable)
    if portable["holder"]:
        id, scopes, issued_at, ends_at = portable["holder"]
        message["holder"] = Holder(Actor(UUID(id), frozenset(scopes)), issued_at, ends_at)
    if "run" in portable:
        message["request"] = GraphQLRequest(**portable["request"])
        message["caller"] = Caller(ANONYMOUS, *portable["caller"])
    return message


def _response(outcome: Outcome) -> Response:
    if not outcome.errors:
        return Response(status_code=outcome.status, headers={"Cache-Control": "no-store"})
    return Response(orjson.dumps({"errors": outcome.errors}), outcome.status, media_type=f"{JSON}; charset=utf-8")
