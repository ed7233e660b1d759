"""A company for tests: one of each role, in a small tree of departments; each wish in one line, through the graph."""

from itertools import count
from typing import Any

from datasources.actor import SYSTEM, Actor
from datasources.enterprise.people import person_by_email
from datasources.enterprise.sample.fill import fill_own
from datasources.enterprise.stores import Enterprise
from house import House
from schema.node import global_id
from tests.commerce.shop import Clock
from tests.gateway_client import Gateway


class Company:
    """`sales`, `rep` and `agent` are below `manager`; `buyer` and `controller` are not; all are below `director`."""

    sales: Actor
    rep: Actor
    agent: Actor
    buyer: Actor
    controller: Actor
    manager: Actor
    director: Actor

    def __init__(self, house: House, gateway: Gateway, clock: Clock) -> None:
        self.house = house
        self.gateway = gateway
        self.clock = clock
        self.sources = house.sources[Enterprise]
        self.database = self.sources.database
        self._keys = count(1)

    async def found(self) -> None:
        """The staff of the sample data."""
        await fill_own(self.sources)
        for name in Company.__annotations__:
            person = await person_by_email(self.sources, f"{name}@example.com")
            assert person
            setattr(self, name, person)

    def stores(self) -> Enterprise:
        """As the house itself sees it."""
        return Enterprise(self.sources, SYSTEM)

    def key(self) -> str:
        return f"k{next(self._keys)}"

    def id(self, actor: Actor) -> str:
        return global_id("Employee", actor.signed_in)

    async def do(self, mutation: str, actor: Actor, **input: Any) -> Any:
        """The payload of the mutation's field, called `done`; each time with a new key, unless one is given."""
        given = {"idempotencyKey": self.key()} | input
        return (await self.gateway.data(mutation, {"input": given}, as_=actor))["done"]
