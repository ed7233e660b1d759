"""Documents are read once: parsed, validated and planned, then kept with what was found."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    specified_rules,
    validate,
)

from datasources.errors import Refusal
from gateway.errors import PARSE_FAILED, VALIDATION_FAILED
from gateway.incremental import asks_for_parts
from gateway.limits import DEFAULT, Limits
from gateway.limits.document import check, parsed
from gateway.limits.merging import FieldsMerge
from gateway.limits.refusals import LimitExceeded
from gateway.metrics import DOCUMENTS
from gateway.persisted import Persisted, sha256_of
from gateway.plan import Plans
from gateway.request import GraphQLRequest

DOCUMENTS_KEPT = 500
LONG = 8_000
LONG_DOCUMENTS_KEPT = 8
"""Of more than LONG characters, since a parsed document takes some 60 bytes a character."""
MAX_ERRORS = 10
RULES: list[type[ASTValidationRule]] = [
    FieldsMerge if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules
]


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A document, read: with its plans, or with the errors that forbid its execution. `hash` is its text's SHA-256.

    One that there is not has no text, and no hash.
    """

    hash: str
    ast: DocumentNode | None
    plans: Plans | None = None
    errors: tuple[GraphQLError, ...] = ()
    code: str = ""
    in_parts: bool = False
    """Whether it asks for `@defer` or `@stream`."""
    operations: Mapping[str | None, OperationDefinitionNode] = field(default_factory=dict)
    """By their names; where there is just one, None names it too."""

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation to run; None where the name does not pick exactly one."""
        return self.operations.get(name)


class Documents:
    """Every document that was asked for lately, by its text; `persisted` knows the texts of those that are named."""

    def __init__(self, schema: GraphQLSchema, limits: Limits = DEFAULT, persisted: Persisted | None = None) -> None:
        self._schema = schema
        self._limits = limits
        self._rules = RULES if limits.introspection else [*RULES, NoSchemaIntrospectionCustomRule]
        self._persisted = persisted or Persisted()
        self.fallbacks: Counter[str] = Counter()
        """How often an operation went to graphql-core because plans do not cover it, by the reason."""
        self.characters = 0
        """How many were read so far, of documents that were not known."""
        self._short = lru_cache(DOCUMENTS_KEPT)(self._read)
        self._long = lru_cache(LONG_DOCUMENTS_KEPT)(self._read)

    def find(self, request: GraphQLRequest) -> Document:
        """The document that a request means; one without text where there is none to be served."""
        try:
            text = self._persisted.text(request)
        except Refusal as refusal:
            return Document("", None, errors=(GraphQLError(refusal.message),), code=refusal.code)
        return self.read(text)

    def read(self, query: str) -> Document:
        return (self._short if len(query) <= LONG else self._long)(query)

    def _read(self, query: str) -> Document:
        DOCUMENTS.inc()
        hash = sha256_of(query)
        self.characters += len(query)
        try:
            ast = parsed(query)
            check(ast, self._limits.max_depth)
        except LimitExceeded as refused:
            return Document(
                hash, None, errors=(GraphQLError(refused.message, original_error=refused.with_traceback(None)),)
            )
        except GraphQLError as error:
            return Document(hash, None, None, (error,), PARSE_FAILED)
        errors = validate(
            self._schema, ast, self._rules, max_errors=MAX_ERRORS, hide_suggestions=not self._limits.introspection
        )
        plans = Plans(self._schema, ast, self.fallbacks, suggests=self._limits.introspection)
        in_parts = "@" in query and asks_for_parts(ast)
        return Document(hash, ast, plans, tuple(errors), VALIDATION_FAILED, in_parts, _by_name(ast))


def _by_name(ast: DocumentNode) -> dict[str | None, OperationDefinitionNode]:
    operations = [one for one in ast.definitions if isinstance(one, OperationDefinitionNode)]
    named: dict[str | None, OperationDefinitionNode] = {one.name.value: one for one in reversed(operations) if one.name}
    return named | ({None: operations[0]} if len(operations) == 1 else {})
