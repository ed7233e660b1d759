"""The messages of the protocol graphql-transport-ws: those of clients read, ours written."""

from typing import Any, NamedTuple

import orjson

from gateway.request import BadRequest, GraphQLRequest

ACK = '{"type":"connection_ack"}'
PING = '{"type":"ping"}'
PONG = '{"type":"pong"}'


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


def next_of(id: str, result: bytes) -> str:
    return f'{{"id":{_quoted(id)},"type":"next","payload":{result.decode()}}}'


def complete_of(id: str) -> str:
    return f'{{"id":{_quoted(id)},"type":"complete"}}'


def error_of(id: str, errors: bytes) -> str:
    """`errors` is a JSON array of GraphQL errors."""
    return f'{{"id":{_quoted(id)},"type":"error","payload":{errors.decode()}}}'


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()
