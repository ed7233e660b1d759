"""Subscriptions, declared: which events of a domain's log they are of, and who is told of them."""

import inspect
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

import strawberry

from datasources.actor import Actor
from datasources.events import Chunk, Cursor, Event, Position, Tail, Topic
from loaders.batch import Batch
from schema.access import Access, policy, scope
from schema.fields import signed

CURSOR = strawberry.scalar(
    name="Cursor",
    description="A place in the log of events: opaque, good for as long as the events after it are kept. Sent as "
    '`after`, it goes on behind its event; `"oldest"` begins with all that is kept.',
    serialize=str,
    parse_value=str,
)
After = Cursor | None
HEARD = policy("who may subscribe to it")
GO_ON = "Where to go on from after this event, as `after`."


class OfSubjects:
    """What the interface of a domain's events stands on: an event is of the type that names its subject."""

    subjects: ClassVar[tuple[str, ...]]
    """What the types of its events begin with."""

    @classmethod
    def is_type_of(cls, event: Any, _: Any) -> bool:
        of: str = event.type.partition(".")[0]
        return of in cls.subjects


def event(description: str) -> Callable[[type], type]:
    """Of the interface that it stands on; heard of by whoever may subscribe to it."""
    return lambda happened: strawberry.type(happened, description=description, directives=[HEARD])


@dataclass(frozen=True, slots=True)
class Feed:
    """`topic(actor, **arguments)` says which events of the log of `stores` are meant.

    `seen` loads by an event's subject the record that one must see to be told of it; without, `access` is enough.
    """

    stores: type
    topic: Callable[..., Topic]
    access: Access
    seen: Batch | None = None

    def tail(self, context: Any) -> Tail:
        tail: Tail = context.of(self.stores).sources.tail
        return tail

    async def start(self, context: Any, after: Cursor | None) -> Position:
        """Behind the cursor; or behind all that happened before now.

        Raises: CursorExpired, InvalidInput, SourceError.
        """
        tail = self.tail(context)
        return await tail.end() if after is None else await tail.journal.position(after)

    def follow(
        self, context: Any, position: Position, actor: Actor, arguments: dict[str, Any]
    ) -> AsyncGenerator[tuple[Chunk, Sequence[Event]], None]:
        """The events that are meant, chunk by chunk, whoever sees them. Raises: Refusal."""
        self.access.check(actor)
        return self.tail(context).follow(position, self.topic(actor, **arguments))


def feed(
    stores: type, access: Access, description: str, *, topic: Callable[..., Topic], seen: Batch | None = None
) -> Any:
    """A subscription to the events of `topic(actor, …)`, whose other parameters are arguments; all take `after`."""
    declared = Feed(stores, topic, access, seen)

    async def subscribe(info: strawberry.Info, after: After = None, **given: Any) -> AsyncGenerator[Any, None]:
        context = info.context
        position = await declared.start(context, after)
        async with aclosing(declared.follow(context, position, context.actor, given)) as following:
            async for _, events in following:
                for event in events:
                    yield event

    own = dict(inspect.signature(subscribe).parameters)
    del own["given"]
    _, *arguments = inspect.signature(topic).parameters.values()
    signed(subscribe, own | {parameter.name: parameter for parameter in arguments})
    return strawberry.subscription(
        resolver=subscribe,
        description=description,
        directives=[access],
        metadata={"access": access, "declared": declared},
    )


def everything(stores: type, kinds: type[StrEnum]) -> Any:
    """All events of a domain's log, or those of the types that are asked for."""

    def topic(_: Actor, types: list[kinds] | None = None) -> Topic:  # type: ignore[valid-type]
        return Topic(frozenset(kinds if types is None else types))

    of = stores.__name__.lower()
    return feed(stores, scope("events:read"), f"Everything that happens in {of}, or some types of it.", topic=topic)
