"""One execution of a plan: what its steps share while they run."""

from dataclasses import dataclass
from typing import Any

from graphql import Executor, FieldNode, GraphQLField, GraphQLObjectType, get_argument_values
from graphql.pyutils import Path

from gateway.plan.values import Failure


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a selection: where it stands and how the document asks for it."""

    key: str
    parent: GraphQLObjectType
    definition: GraphQLField
    nodes: list[FieldNode]

    @property
    def name(self) -> str:
        return self.nodes[0].name.value


class Run:
    """`executor` holds the coerced variables and makes the infos of resolvers.

    `resolved` keeps what resolvers answered, so that graphql-core can finish an irregular answer without asking again.
    """

    def __init__(self, executor: Executor[Any]) -> None:
        self.context: Any = executor.context_value
        self.failed = False
        self.resolved: dict[tuple[str, str, int], tuple[Any, Any]] = {}
        self._executor = executor

    def arguments(self, field: Field) -> dict[str, Any]:
        """The field's arguments with this run's variables. Raises: GraphQLError."""
        if not field.definition.args:
            return {}
        return get_argument_values(field.definition, field.nodes[0], self._executor.variable_values)

    def info(self, field: Field) -> Any:
        """What resolvers get. Its path is the field's own key, without the lists above it."""
        path = Path(None, field.key, field.parent.name)
        return self._executor.build_resolve_info(field.definition, field.nodes, field.parent, path)

    def failure(self, error: Exception, field: Field) -> Failure:
        self.failed = True
        return Failure(error, field.nodes)
