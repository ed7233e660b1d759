"""Manifests: the documents of one client, as the build of its code wrote them.

graphql-codegen and Relay write an object of texts by their ids, Apollo's tools a list of operations.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode

from datasources.house.tables import MAX_ID
from gateway.documents import Document, Documents
from gateway.persisted import sha256_of

PREFIX = "sha256:"
REMEDY = "Nothing was registered; mend it in the client's code, and build the manifest again"


class WrongManifest(Exception):
    """For the operator, a line for each thing that is wrong: with which operation, where, and why."""


def read_manifest(raw: bytes) -> dict[str, str]:
    """The texts by their ids. Raises: WrongManifest."""
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise WrongManifest(f"The manifest is not JSON: {error}") from None
    texts: dict[str, str] = {}
    wrong: list[str] = []
    for id, text in _pairs(content):
        if why := _wrong(id, text, texts.get(id) if isinstance(id, str) else None):
            wrong.append(why)
        else:
            texts[id] = text
    if wrong:
        raise WrongManifest("\n".join([*wrong, REMEDY]))
    if not texts:
        raise WrongManifest("The manifest holds no documents; build it from the client's code")
    return texts


def validated(texts: Mapping[str, str], documents: Documents) -> None:
    """Raises: WrongManifest that tells of every document which this graph would not serve."""
    wrong = [line for id, text in texts.items() for line in _errors(id, documents.read(text))]
    if wrong:
        raise WrongManifest("\n".join([*wrong, REMEDY]))


def operations_of(ast: DocumentNode) -> list[str]:
    """Like `query Products`; those without a name are `query`."""
    operations = (one for one in ast.definitions if isinstance(one, OperationDefinitionNode))
    return [f"{one.operation.value} {one.name.value}" if one.name else one.operation.value for one in operations]


def place_of(error: GraphQLError) -> str:
    """Like `, line 3, column 5`; empty where the error is nowhere in the document."""
    return "".join(f", line {at.line}, column {at.column}" for at in (error.locations or ())[:1])


def _pairs(content: object) -> Iterable[tuple[Any, Any]]:
    match content:
        case {"format": "apollo-persisted-query-manifest", "version": 1, "operations": list(operations)}:
            whole = (one if isinstance(one, dict) else {} for one in operations)
            return [(one.get("id"), one.get("body")) for one in whole]
        case dict() if "format" not in content:
            return content.items()
    raise WrongManifest(
        'The manifest is none of those known here: {"ID": "DOCUMENT", …} of graphql-codegen or Relay, '
        'or version 1 of "apollo-persisted-query-manifest"'
    )


def _wrong(id: object, text: object, other: str | None) -> str | None:
    """What is wrong with an entry; `other` is the text that its id stood for before in the manifest."""
    if not (isinstance(id, str) and 0 < len(id) <= MAX_ID and id.isprintable() and " " not in id):
        return f"{id!r:.60} is no id: it has 1 to {MAX_ID} characters, and no spaces"
    if not isinstance(text, str):
        return f"{id}: its document is not a text"
    if other is not None and other != text:
        return f"{id}: it stands for two documents"
    if id.startswith(PREFIX) and id != PREFIX + sha256_of(text):
        return f"{id}: it is not the SHA-256 of its document; build the manifest again"
    return None


def _errors(id: str, document: Document) -> Iterator[str]:
    operations = operations_of(document.ast) if document.ast else []
    if document.ast and not operations:
        yield f"{id}: it holds no operation"
        return
    name = f"{', '.join(operations)} ({id})" if operations else id
    for error in document.errors:
        yield f"{name}{place_of(error)}: {error.message}"
