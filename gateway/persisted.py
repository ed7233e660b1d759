"""Documents that requests name instead of writing them out: registered ones, and those that clients persist themselves.

A registered document is trusted: somebody who may do so added it by `uv run server.py documents add`. Automatic
persisted queries (APQ) are texts that any client sent once, to name them by their hash from then on.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Mapping
from typing import Literal, Protocol

from datasources.errors import Refusal
from gateway.request import BadRequest, GraphQLRequest

Policy = Literal["trusted", "any", "automatic"]
"""Which documents are served: registered ones alone, those of any text too, or also those that clients persist."""

MAX_AUTOMATIC_CHARACTERS = 4_000_000
"""Of all texts that clients persisted together; those that nobody named for longest leave first."""
ENTRY_CHARACTERS = 300
"""What an entry weighs beside its text: without it, texts of a few characters would take thirty times the memory."""


class Registry(Protocol):
    """Where registered documents are kept for all workers."""

    def number(self) -> Awaitable[int]:
        """Grows with every change."""
        ...

    def texts(self) -> Awaitable[Mapping[str, str]]:
        """The text of each document, by its id."""
        ...


class DocumentNotFound(Refusal):
    code = "DOCUMENT_NOT_FOUND"

    def __init__(self, id: str) -> None:
        super().__init__(f"No document '{id[:80]}' is registered here; register it by 'server.py documents add'.")


class DocumentNotTrusted(Refusal):
    code = "DOCUMENT_NOT_TRUSTED"

    def __init__(self) -> None:
        super().__init__(
            "Only registered documents are served here; register it by 'server.py documents add', and send its "
            "`documentId` in place of `query`."
        )


class PersistedQueryNotFound(Refusal):
    """Clients of APQ look for this very message, then send the text."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class PersistedQueryNotSupported(Refusal):
    """Clients of APQ look for this very message, then send texts alone."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")


class Persisted:
    """The texts that requests mean. `refresh` learns of registered documents; until then there are none."""

    def __init__(self, policy: Policy = "any") -> None:
        self._policy = policy
        self._registered: Mapping[str, str] = {}
        self._number: int | None = None
        self._automatic: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    async def refresh(self, registry: Registry) -> None:
        """Reads the registered documents anew where any were added or removed. Raises: SourceError."""
        number = await registry.number()  # before the texts: what comes between is then read twice, and not missed
        if number != self._number:
            self._registered = _named(await registry.texts())
            self._number = number

    def text(self, request: GraphQLRequest) -> str:
        """The text of the document that is asked for. Raises: Refusal."""
        id = request.document_id or request.sha256
        if id is None:
            if self._policy == "trusted":
                raise DocumentNotTrusted
            return request.query
        known = self._registered.get(id)
        if known is not None and request.query in ("", known):
            return known
        if request.document_id is not None:
            raise DocumentNotFound(id)
        return self._persisted(id, request.query)

    def _persisted(self, sha256: str, text: str) -> str:
        """What APQ says of a text that is not registered under this hash."""
        if self._policy == "trusted":
            raise DocumentNotTrusted if text else DocumentNotFound(sha256)
        if self._policy == "any":
            if not text:
                raise PersistedQueryNotSupported
            return text
        if not text:
            return self._found(sha256)
        if sha256 != sha256_of(text):
            raise BadRequest("`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`; send its hash.")
        self._keep(sha256, text)
        return text

    def _found(self, sha256: str) -> str:
        if sha256 not in self._automatic:
            raise PersistedQueryNotFound
        self._automatic.move_to_end(sha256)
        return self._automatic[sha256]

    def _keep(self, sha256: str, text: str) -> None:
        if sha256 not in self._automatic:
            self._characters += len(text) + ENTRY_CHARACTERS
        self._automatic[sha256] = text
        while self._characters > MAX_AUTOMATIC_CHARACTERS:
            self._characters -= len(self._automatic.popitem(last=False)[1]) + ENTRY_CHARACTERS


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _named(texts: Mapping[str, str]) -> Mapping[str, str]:
    """Each text by all that clients may call it: its id, and its hash with and without a prefix."""
    hashed = {sha256_of(text): text for text in texts.values()}
    return {**hashed, **{f"sha256:{sha256}": text for sha256, text in hashed.items()}, **texts}
