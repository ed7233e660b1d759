"""What has to be true in the end, whatever happened: each of these gives what is not so, in words."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from datasources.commerce.tables import EVENTS, ORDERS, STOCK_LEVELS
from datasources.events import Journal, Position
from schema.node import global_id
from tests.chaos.figures import Figures
from tests.chaos.subscribers import Cast, Subscriber
from tests.chaos.writers import Buyer, Counting, Writer
from tests.commerce.shop import Shop

SHOWN = 5
ALLOWED = {"placed", "shipped", "cancelled", "adjusted", "COMMERCE_PAYMENT_DECLINED"}
"""What may come of a wish: nothing else was provoked."""


async def all_events(shop: Shop) -> list[Any]:
    """In the order of the log."""
    return list(await shop.database.rows(sa.select(EVENTS).order_by(EVENTS.c.transaction, EVENTS.c.sequence)))


def cursors(events: Iterable[Any], journal: Journal, cast: Cast, subscriber: Subscriber) -> list[str]:
    """Of all events that it must hear of."""
    of = subscriber.interest.of
    return [journal.cursor(Position(one.transaction, one.sequence)) for one in events if of(one, cast)]


def heard_once_in_order(subscriber: Subscriber, expected: Sequence[str], figures: Figures) -> Iterator[str]:
    heard = [one.cursor for one in subscriber.heard]
    duplicates = len(heard) - len(set(heard))
    gaps = len(set(expected) - set(heard))
    foreign = len(set(heard) - set(expected))
    places = {cursor: place for place, cursor in enumerate(expected)}
    known = [places[cursor] for cursor in heard if cursor in places]
    disordered = sum(after < before for before, after in pairwise(known))
    figures.duplicates += duplicates
    figures.gaps += gaps
    figures.disordered += disordered
    if heard != expected:
        yield f"{subscriber.name}: {duplicates} twice, {gaps} never, {disordered} out of order, {foreign} not its own"
    if subscriber.spoiled:
        yield f"{subscriber.name}: {len(subscriber.spoiled)} results with errors, such as {subscriber.spoiled[0]}"


def outcomes(writers: Iterable[Writer]) -> Iterator[str]:
    for writer in writers:
        if strange := set(writer.outcomes) - ALLOWED:
            yield f"{writer.name}: {strange}"


async def orders(shop: Shop, writers: Iterable[Buyer | Counting], cast: Cast) -> list[str]:
    """Each wish became one order, which its buyer was told of, and there is no other."""
    wrong = []
    there: defaultdict[Any, set[str]] = defaultdict(set)
    for row in await shop.database.rows(sa.select(ORDERS.c.id, ORDERS.c.customer_id)):
        there[row.customer_id].add(global_id("Order", row.id))
    for writer in writers:
        if isinstance(writer, Buyer):
            told = list(writer.orders.values())
            if len(set(told)) < len(told):
                wrong.append(f"{writer.name} was told of an order twice")
            if set(told) != there[cast.ids[writer.name]]:
                wrong.append(
                    f"{writer.name} was told of {len(told)} orders, and has {len(there[cast.ids[writer.name]])}"
                )
    return wrong


async def charges(shop: Shop, sandbox: Path, figures: Figures) -> list[str]:
    """The payment service has one payment for each order that stands, and holds or took nothing besides."""
    with sqlite3.connect(sandbox / "sandbox.db") as state:
        intents = [json.loads(body) for (body,) in state.execute("SELECT body FROM documents WHERE kind = 'intent'")]
    state.close()
    held = Counter(
        intent["metadata"]["order"] for intent in intents if intent["status"] in ("requires_capture", "succeeded")
    )
    standing = {
        str(row.id) for row in await shop.database.rows(sa.select(ORDERS.c.id).where(ORDERS.c.status != "cancelled"))
    }
    figures.charges = held.total()
    wrong = [f"order {order} was charged {times} times" for order, times in held.items() if times > 1]
    wrong += [f"{order} was charged and is no order that stands" for order in held.keys() - standing]
    return wrong + [f"order {order} was never charged" for order in standing - held.keys()]


async def stock(shop: Shop, writers: Iterable[Buyer | Counting], before: int) -> list[str]:
    """Each count changed what is on hand once; what was shipped is in the ledger, which the till looks at."""
    moved = sum(writer.moved for writer in writers if isinstance(writer, Counting))
    adjusted = await shop.database.scalar(
        sa.text("SELECT coalesce(sum(on_hand_change), 0) FROM stock_movements WHERE kind = 'adjusted'")
    )
    levels = await shop.database.scalar(sa.select(sa.func.sum(STOCK_LEVELS.c.on_hand)))
    wrong = [] if adjusted == moved else [f"{moved} pieces were counted, and {adjusted} are in the ledger"]
    return wrong if levels is not None and levels <= before + moved else [*wrong, f"{levels} pieces are too many"]


def logs(lives: Iterable[Path], figures: Figures) -> Iterator[str]:
    """Whatever any of the workers that served complained of, beyond that something was away."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for life in lives:
        for line in (life / "stderr.txt").read_text().splitlines():
            said = json.loads(line) if line.startswith("{") else {"level": "none", "event": line}
            figures.lost_wakes += said["event"] == "wakes are lost"
            if said["level"] not in ("info", "warning"):
                kinds[said["event"]].append(f"{life.name}: {line}")
    for lines in list(kinds.values())[:SHOWN]:
        yield f"{len(lines)} times: {lines[0][:2000]}"
