"""Answers in parts: `@defer` and `@stream`, as the clients of several years read them.

executor.py   graphql-core's incremental execution, bounded and batched
delivery.py   from its results to parts, errors masked
parts.py      an answer on its way from the execution to the transport
formats.py    parts as JSON, by id or by path
streams.py    which of them a client wants, framed as multipart or events
response.py   the response, while the operation runs
"""

from graphql import DirectiveNode, DocumentNode, Visitor, visit

from gateway.incremental.delivery import Delivery
from gateway.incremental.executor import Delivering
from gateway.incremental.parts import Parts

__all__ = ["Delivering", "Delivery", "Parts", "asks_for_parts"]


def asks_for_parts(document: DocumentNode) -> bool:
    asks = False

    class Hints(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: object) -> None:
            nonlocal asks
            asks = asks or node.name.value in ("defer", "stream")

    visit(document, Hints())
    return asks
