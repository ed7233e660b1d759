"""The graph: the root fields of all domains under one roof, and `node` over them."""

import asyncio
from functools import cache
from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from datasources.errors import InvalidInput
from datasources.events import Cursor
from loaders.batch import Batch
from schema import access
from schema.access import PUBLIC
from schema.commerce.domain import COMMERCE
from schema.domain import Domain, Links
from schema.enterprise.domain import ENTERPRISE
from schema.feeds import CURSOR
from schema.finance.domain import FINANCE
from schema.links import LINKS
from schema.node import Named, Node, read_id
from schema.problems import InputProblem, RefusedProblem
from schema.social.domain import SOCIAL

DOMAINS: tuple[Domain, ...] = (
    COMMERCE,
    SOCIAL,
    FINANCE,
    ENTERPRISE,
)
MAX_NODES = 100


@strawberry.type
class NodeQuery:
    @access.field(PUBLIC, "The record with this id; null where there is none, or none that you may see.")
    async def node(self, info: strawberry.Info, id: strawberry.ID) -> Node | None:
        return await _record(info, id, "id")

    @access.field(PUBLIC, f"The records with these ids, in their order; at most {MAX_NODES}.")
    async def nodes(self, info: strawberry.Info, ids: list[strawberry.ID]) -> list[Node | None] | None:
        if len(ids) > MAX_NODES:
            raise InvalidInput("ids", f"These are {len(ids)} ids; ask for {MAX_NODES} at most.")
        return await asyncio.gather(*(_record(info, id, "ids") for id in ids))


async def _record(info: strawberry.Info, id: str, field: str) -> Any:
    type_name, uuid = read_id(id, field)
    batch = _batches().get(type_name)
    if batch is None:
        raise InvalidInput(field, f"There is no type '{type_name[:40]}' with ids.")
    record = await info.context.loaders.load(batch, uuid)
    return None if record is None else Named(type_name, record)


@cache
def _batches() -> dict[str, Batch]:
    """The batch of each type with ids, by the type's name."""
    return {node.__name__: node.batch for node in Node.__subclasses__()}


@cache
def build(domains: tuple[Domain, ...] = DOMAINS) -> strawberry.Schema:
    """The graph of these domains; the same object each time, for it takes a process as long as a hundred requests."""
    names = {domain.name for domain in domains}
    parts: list[Domain | Links] = [*domains, *(links for links in LINKS if names.issuperset(links.between))]
    mutations = tuple(part.mutation for part in parts if part.mutation)
    subscriptions = tuple(domain.subscription for domain in domains)
    return strawberry.Schema(
        query=merge_types("Query", (NodeQuery, *(part.query for part in parts if part.query))),
        mutation=merge_types("Mutation", mutations) if mutations else None,
        subscription=merge_types("Subscription", subscriptions) if subscriptions else None,
        types=[
            *((RefusedProblem, InputProblem) if mutations else ()),
            *(type for domain in domains for type in domain.types),
        ],
        config=StrawberryConfig(scalar_map={Cursor: CURSOR}, enable_experimental_incremental_execution=True),
    )
