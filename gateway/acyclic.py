"""graphql-core's executor without the circle by which it, and all of its operation, would wait for the collector."""

from typing import TypeVar

from graphql import Executor
from graphql.type import GraphQLResolveInfoHelpers

T = TypeVar("T")


class Acyclic(Executor[T]):
    """Its helpers are made when they are asked for."""

    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:
        return GraphQLResolveInfoHelpers(self.gather_async_work, self.track_async_work)

    @async_helpers.setter
    def async_helpers(self, _: GraphQLResolveInfoHelpers) -> None:
        pass
