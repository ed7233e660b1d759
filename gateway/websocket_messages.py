"""The messages of the protocol graphql-transport-ws: those of clients read, ours written."""

from typing import Any, NamedTuple

import orjson

from gateway.request import BadRequest, GraphQLRequest

ACK = b'{"type":"connection_ack"}'
PING = b'{"type":"ping"}'
PONG = b'{"type":"pong"}'


class Closed(Exception):
    """The socket has to be closed with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Message(NamedTuple):
    """What a client says. `payload` is a GraphQLRequest for 'subscribe', else an object or None."""

    type: str
    id: str = ""
    payload: Any = None


def read(raw: bytes) -> Message:
    """Raises: Closed with 4400 for anything that is no message of the protocol."""
    try:
        message = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Closed(4400, "Invalid message: send JSON in text frames") from None
    match message:
        case {"type": "subscribe", "id": str(id), "payload": dict(payload)} if id:
            try:
                return Message("subscribe", id, GraphQLRequest.read(payload))
            except BadRequest as error:
                raise Closed(4400, f"Invalid message: {error}") from None
        case {"type": "complete", "id": str(id)}:
            return Message("complete", id)
        case {"type": "connection_init" | "ping" | "pong" as type} if isinstance(message.get("payload"), dict | None):
            return Message(type, payload=message.get("payload"))
        case {"type": "subscribe" | "complete" | "connection_init" | "ping" | "pong" as type}:
            raise Closed(4400, f"Invalid message: a member of '{type}' is missing or has a wrong type")
        case _:
            raise Closed(4400, "Invalid message: its type is unknown")


def before_results(id: str) -> bytes:
    """What the `next` messages of an operation begin with; then come a result and `}`."""
    return b'{"id":%b,"type":"next","payload":' % orjson.dumps(id)


def complete_of(id: str) -> bytes:
    return b'{"id":%b,"type":"complete"}' % orjson.dumps(id)


def error_of(id: str, errors: bytes) -> bytes:
    """`errors` is a JSON array of GraphQL errors."""
    return b'{"id":%b,"type":"error","payload":%b}' % (orjson.dumps(id), errors)


def pong_of(payload: dict[str, Any]) -> bytes:
    return b'{"type":"pong","payload":%b}' % orjson.dumps(payload)
