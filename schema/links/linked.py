"""How a type gets edges that its own domain knows nothing of."""

from typing import Any

import strawberry


def linked(type: Any) -> Any:
    """Puts the edges of the class below onto `type`, which a domain declared without them."""

    def put(edges: type) -> type:
        declared: Any = strawberry.type(edges)
        type.__strawberry_definition__.fields += declared.__strawberry_definition__.fields
        return edges

    return put
