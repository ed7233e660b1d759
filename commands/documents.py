"""`documents`: what clients may name by an id."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from cyclopts import App

from commands.environment import for_databases_alone
from commands.options import DEFAULTS, GRAPH, All, Client, Data, Ids, Manifest, OneClient
from commands.terminal import HOW_TO_ADD, clients_of, documents_of, example_of, say
from datasources.house.documents import Registered, RegisteredDocuments
from datasources.house.sources import open_house
from datasources.settings import Settings
from gateway import processes
from gateway.documents import Documents
from gateway.manifest import read_manifest, validated
from gateway.processes import CannotStart
from house import LEARN_EVERY_S, answering, limits_of
from schema.graph import build

T = TypeVar("T")

documents = App(
    name="documents",
    group=GRAPH,
    help="Registers documents, which clients then name by an id; HEDDLE_DOCUMENTS=trusted serves nothing else.",
    help_epilogue="Example: uv run server.py documents add --client web persisted-documents.json",
    help_format="plaintext",
    default_parameter=DEFAULTS,
)


@documents.command
def add(manifest: Manifest, /, *, client: Client, data: Data = None) -> None:
    """Registers the documents of a manifest, all or none. Those of before stay: front ends in the field use them."""
    settings, _ = for_databases_alone(data)
    texts = read_manifest(manifest.read_bytes())
    validated(texts, Documents(build()._schema, limits_of(settings)))
    new = asyncio.run(_with_documents(settings, lambda registered: registered.add(client, texts)))
    say(f"Documents registered for '{client}': {new}; known before: {len(texts) - new}.")
    say(f"Within {LEARN_EVERY_S:g} seconds workers serve them: send {example_of(texts)}")


@documents.command(name="list")
def list_(*, client: OneClient = None, data: Data = None) -> None:
    """Tells what is registered: how many documents of each client, or those of one."""
    settings, _ = for_databases_alone(data)
    found = asyncio.run(all_registered(settings, client))
    if not found:
        raise CannotStart(f"Nothing is registered{f' for {client!r}' if client else ''}; {HOW_TO_ADD}")
    say(clients_of(found) if client is None else documents_of(found))


@documents.command
def remove(*ids: Ids, client: Client, all_: All = False, data: Data = None) -> None:
    """Forgets documents of a client, which are then served no more."""
    if bool(ids) == all_:
        raise CannotStart("Say which documents: their ids, or --all")
    settings, _ = for_databases_alone(data)
    gone = asyncio.run(_with_documents(settings, lambda registered: registered.remove(client, None if all_ else ids)))
    if not gone:
        raise CannotStart(f"'{client}' has no such documents; see: uv run server.py documents list --client {client}")
    say(f"Documents removed from '{client}': {gone}. Within {LEARN_EVERY_S:g} seconds workers serve them no more.")


async def all_registered(settings: Settings, client: str | None = None) -> Sequence[Registered]:
    """All documents, or those of one client.

    The database stays as it is: who looks may be of another version than those who serve.
    """
    if settings.house_database_url is None and not settings.data.is_dir():
        return []
    with answering():
        async with open_house(settings, migrating=False) as house:
            registered = RegisteredDocuments(house)
            return await registered.all(client) if await registered.kept() else []


async def _with_documents(settings: Settings, work: Callable[[RegisteredDocuments], Awaitable[T]]) -> T:
    processes.usable(settings.data)
    with answering():
        async with open_house(settings) as house:
            return await work(RegisteredDocuments(house))
