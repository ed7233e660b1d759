"""Who writes: people who buy, and staff who count stock. Each repeats a wish by its key until it is answered."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.chaos.subscribers import AGAIN, Cast
from tests.commerce.till import ADD, ADDRESS, CANCEL, PLACE, SHIP

Json = dict[str, Any]
ADJUST = "mutation ($input: AdjustStockInput!) { done: adjustStock(input: $input) { problem { code } } }"
PATIENCE_S = 12.0
IMPATIENT = 0.15
"""The share of attempts of which the writer soon tires: it hangs up, and asks again."""


class WrongAnswer(Exception):
    pass


@dataclass
class Writer:
    """`outcomes` counts what came of its wishes, `took_s` has how long each answer took that came."""

    name: str
    cast: Cast
    chance: random.Random
    wishes: int = 0
    attempts: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    took_s: list[float] = field(default_factory=list)

    async def asked(self, http: httpx.AsyncClient, query: str, who: str, **input: Any) -> Any:
        """The payload of what was wished for, once an answer came. Raises: WrongAnswer."""
        self.wishes += 1
        input["idempotencyKey"] = f"{self.name}-{self.wishes}"
        body = {"query": query, "variables": {"input": input}}
        while True:
            self.attempts += 1
            answer = await self._answer(http, who, body)
            if answer is None:
                await asyncio.sleep(self.chance.uniform(0.02, 0.2))
                continue
            (payload,) = answer.values()
            return payload

    async def _answer(self, http: httpx.AsyncClient, who: str, body: Json) -> Json | None:
        """The data of the answer; None where none came, or only that something is away."""
        tires = self.chance.random() < IMPATIENT
        timeout_s = self.chance.uniform(0.005, 0.1) if tires else PATIENCE_S
        began = asyncio.get_running_loop().time()
        headers = {"Authorization": f"Bearer {self.cast.tokens[who]}"}
        try:
            response = await http.post("/graphql", json=body, headers=headers, timeout=timeout_s)
            answer = response.json()
        except httpx.HTTPError:
            return None
        self.took_s.append(asyncio.get_running_loop().time() - began)
        if "errors" in answer:
            codes = {error["extensions"]["code"] for error in answer["errors"]}
            if codes <= AGAIN:
                return None
            raise WrongAnswer(f"{self.name}: {answer}")
        data: Json = answer["data"]
        return data


@dataclass
class Buyer(Writer):
    """Buys for ever; some orders are shipped, some cancelled. `orders` are those that it was told of, by their keys."""

    orders: dict[str, str] = field(default_factory=dict)

    async def write(self, http: httpx.AsyncClient, over: asyncio.Event) -> None:
        while not over.is_set():
            product = self.cast.global_ids[f"product {self.chance.randrange(2)}"]
            await self.asked(http, ADD, self.name, productId=product, quantity=self.chance.randint(1, 3))
            card = "pm_card_chargeDeclined" if self.chance.random() < 0.1 else "pm_card_visa"
            placed = await self.asked(http, PLACE, self.name, address=ADDRESS, paymentMethod=card)
            if placed["problem"]:
                self.outcomes[placed["problem"]["code"]] += 1
                continue
            self.outcomes["placed"] += 1
            id = placed["order"]["id"]
            self.orders[f"{self.name}-{self.wishes}"] = id
            move = self.chance.choice((None, ("cancelled", CANCEL), ("shipped", SHIP)))
            if move is not None:
                moved = await self.asked(http, move[1], "staff", orderId=id)
                self.outcomes[move[0] if moved["problem"] is None else moved["problem"]["code"]] += 1
            await asyncio.sleep(self.chance.uniform(0.02, 0.2))


@dataclass
class Counting(Writer):
    """Counts stock for ever; `moved` is by how many pieces it changed what is on hand, in all."""

    moved: int = 0

    async def write(self, http: httpx.AsyncClient, over: asyncio.Event) -> None:
        ids = self.cast.global_ids
        while not over.is_set():
            by = self.chance.randint(1, 9)
            product = ids[f"product {self.chance.randrange(2)}"]
            place = {"productId": product, "warehouseId": ids["warehouse"]}
            adjusted = await self.asked(http, ADJUST, "staff", **place, by=by, reason="COUNTED")
            self.outcomes["adjusted" if adjusted["problem"] is None else adjusted["problem"]["code"]] += 1
            self.moved += by
            await asyncio.sleep(self.chance.uniform(0.02, 0.2))


def writers(seed: int, cast: Cast, buyers: Sequence[str], counting: int) -> list[Buyer | Counting]:
    named = [*buyers, *(f"counting {number}" for number in range(counting))]
    return [
        (Buyer if name in buyers else Counting)(name, cast, random.Random(f"{seed} {name}"))  # each goes its own way
        for name in named
    ]
