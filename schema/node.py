"""Global ids and the `Node` interface: one id names one record in the whole graph."""

import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import strawberry

from datasources.errors import InvalidInput
from datasources.ids import read_uuid
from loaders.batch import Batch
from schema.access import Access
from schema.fields import computed, edge, root


def global_id(type_name: str, id: UUID) -> str:
    """`Order` and a UUID as one opaque text, safe in URLs."""
    # Of ASCII without `>`, `?` and `~` there come no `+` and `/`, which URLs would not take.
    return binascii.b2a_base64(f"{type_name}:{id}".encode(), newline=False).rstrip(b"=").decode()


def read_id(value: str, field: str = "id") -> tuple[str, UUID]:
    """The type's name and the UUID. Raises: InvalidInput for what this graph never gave out."""
    try:
        type_name, _, text = binascii.a2b_base64(f"{value}==").decode().partition(":")
        id = read_uuid(text)
    except (binascii.Error, ValueError):
        raise _foreign(value, field) from None
    if global_id(type_name, id) != value:
        raise _foreign(value, field)
    return type_name, id


def _foreign(value: str, field: str) -> InvalidInput:
    return InvalidInput(field, f"'{value[:40]}' is not an id of this graph; pass an `id` as a query returned it.")


def uuid_of(value: str, type_name: str, field: str = "id") -> UUID:
    """The UUID of an id that must be of `type_name`. Raises: InvalidInput."""
    found, id = read_id(value, field)
    if found != type_name:
        raise InvalidInput(field, f"This is the id of {_a(found[:40])}; pass the id of {_a(type_name)}.")
    return id


def optional_uuid(value: str | None, type_name: str, field: str) -> UUID | None:
    """The UUID of an id that may be left out. Raises: InvalidInput."""
    return None if value is None else uuid_of(value, type_name, field)


def id_of(type_name: str) -> Callable[..., UUID]:
    """The key of a root field with an `id` of this type."""

    def key(id: strawberry.ID) -> UUID:
        return uuid_of(id, type_name)

    return key


def _a(noun: str) -> str:
    return f"{'an' if noun[:1] in 'AEIOU' else 'a'} {noun}"


@dataclass(frozen=True, slots=True)
class Named:
    """A record with its type's name, where the field's type does not say it: in `node` and in unions."""

    type_name: str
    record: Any

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self.record, attribute)


@strawberry.interface(description="Anything with an id.")
class Node:
    batch: ClassVar[Batch]
    """Loads records of this type by their UUID."""

    id: strawberry.ID = strawberry.field(description="Names this record in the whole graph.")

    def __init_subclass__(cls, batch: Batch | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if batch is None:
            return
        name = cls.__name__
        cls.batch = batch
        cls.id = computed(lambda id: global_id(name, id), "id", description="Names this record in the whole graph.")
        cls.__annotations__ = {"id": strawberry.ID, **cls.__annotations__}

    @classmethod
    def is_type_of(cls, record: Any, _: Any) -> bool:
        return not isinstance(record, Named) or record.type_name == cls.__name__


def by_id(kind: type[Node], access: Access, description: str) -> Any:
    """A root field for those who pass `access`: the record of this kind with the `id`."""
    return root(kind.batch, access, description, key=id_of(kind.__name__))


def edge_to(kind: type[Node], key: str, description: str = "") -> Any:
    """An edge to the record of this kind that the row's `key` names."""
    return edge(kind.batch, key=key, description=description)
