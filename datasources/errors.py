"""What can go wrong, as one tree.

HeddleError
├── Refusal              the caller's fault: its code and message are shown as they are
│   ├── InvalidInput     a value that cannot be meant; names the input field
│   ├── NotFound         an id that leads nowhere, or nowhere the actor may look
│   ├── Unauthenticated  no token, or a token that does not hold
│   ├── Forbidden        a valid actor without the scope
│   ├── KeyReused        an idempotency key that already stands for other input
│   └── ...              each domain's own, in datasources/<domain>/errors.py
└── SourceError          a source's fault: shown by code and source name, its details only logged
    ├── SourceUnavailable  no connection, a 5xx, an open breaker, an answer that makes no sense
    ├── SourceTimeout      no answer within the deadline
    └── SourceRefused      the source understood and said no (a 4xx)

Anything else is a bug: logged with the request id, masked as INTERNAL.
"""

from typing import Any, ClassVar


class HeddleError(Exception):
    code: ClassVar[str]

    @property
    def extensions(self) -> dict[str, Any]:
        """What clients see beside the message, under `errors[].extensions`."""
        return {"code": self.code}


class Refusal(HeddleError):
    """The caller asked for something that cannot be; nothing was changed. `said` is where there is always the same to
    say.
    """

    code = "REFUSED"
    said: ClassVar[str] = ""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.said)

    @property
    def message(self) -> str:
        return str(self)


class InvalidInput(Refusal):
    code = "INVALID_INPUT"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "field": self.field}


class NotFound(Refusal):
    code = "NOT_FOUND"

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no such {kind}, or you may not see it.")
        self.kind = kind


class Unauthenticated(Refusal):
    code = "UNAUTHENTICATED"

    def __init__(self, message: str = "Sign in first: send 'Authorization: Bearer TOKEN'.") -> None:
        super().__init__(message)


class Forbidden(Refusal):
    code = "FORBIDDEN"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This needs the scope '{scope}', which your token does not hold.")
        self.scope = scope

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "scope": self.scope}


class KeyReused(Refusal):
    code = "IDEMPOTENCY_KEY_REUSED"

    def __init__(self) -> None:
        super().__init__("This idempotency key was used with other input; take a new key for a new request.")


class SourceError(HeddleError):
    """A database or service failed; `detail` is for the log, never for the client."""

    said: ClassVar[str]

    def __init__(self, source: str, detail: str = "") -> None:
        super().__init__(self.said.format(source=source))
        self.source = source
        self.detail = detail

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "service": self.source}


class SourceUnavailable(SourceError):
    code = "SOURCE_UNAVAILABLE"
    said = "The service '{source}' is not available at the moment; try again later."


class SourceTimeout(SourceError):
    code = "SOURCE_TIMEOUT"
    said = "The service '{source}' did not answer in time; try again later."


class SourceRefused(SourceError):
    """`status` is the HTTP status; `body` the decoded JSON body, or None where there was none."""

    code = "SOURCE_REFUSED"
    said = "The service '{source}' refused the request."

    def __init__(self, source: str, status: int, body: Any = None) -> None:
        super().__init__(source, f"HTTP {status}")
        self.status = status
        self.body = body
