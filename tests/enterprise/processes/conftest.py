"""A company with workflows: each wish in one line, and what became of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from datasources.actor import SYSTEM, Actor
from datasources.commerce.stores import Commerce
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.webhooks import Webhooks
from datasources.ids import uuid7
from resolvers.enterprise.processes.runner import run_workflows
from tests.enterprise.company import Company
from tests.enterprise.processes.receiver import SECRET, Receiver

PATIENCE_S = 20
SAVE = """mutation ($input: SaveWorkflowInput!) { done: saveWorkflow(input: $input) {
  workflow { id name on version trigger steps nextAt } problem { code message ... on InputProblem { field } } } }"""
RUNS = """{ workflowRuns(first: 50) { nodes { id status version position attempts error dueAt data workflow { name }
  steps { position kind status attempts did } } } }"""
PLACED = "commerce: order.placed"


class Processes:
    def __init__(self, company: Company) -> None:
        self.company = company
        self.house = company.house
        self.clock = company.clock

    async def save(self, name: str, trigger: dict[str, Any], *steps: dict[str, Any], **more: Any) -> Any:
        """A second later."""
        self.clock.forward(seconds=1)
        input = {"name": name, "trigger": trigger, "steps": list(steps), **more}
        return await self.company.do(SAVE, self.company.director, **input)

    async def place(self, total_minor: int, actor: Actor = SYSTEM, currency: str = "EUR") -> UUID:
        """As commerce tells of an order, a second later; its id."""
        self.clock.forward(seconds=1)
        commerce = self.house.sources[Commerce]
        order_id = uuid7(self.clock())
        told = {"owner": uuid7(self.clock()), "total_minor": total_minor, "currency": currency}
        async with commerce.database.transaction() as transaction:
            await commerce.events(actor).append(transaction, "order.placed", order_id, **told)
        return order_id

    async def tell(self, type: str, subject: UUID, log: type = Commerce, **told: Any) -> None:
        """As this domain tells of it, a second later."""
        self.clock.forward(seconds=1)
        sources = self.house.sources[log]
        async with sources.database.transaction() as transaction:
            await sources.events(SYSTEM).append(transaction, type, subject, **told)

    async def runs(self) -> Any:
        """The newest first."""
        return (await self.company.gateway.data(RUNS, as_=self.company.director))["workflowRuns"]["nodes"]

    async def go_on(self) -> None:
        """Takes on what is due."""
        with self.house.open_context(SYSTEM) as context:
            await run_workflows(context)

    async def until(self, *statuses: str) -> Any:
        """The runs, the newest first, as soon as these are their statuses, and there is nothing to do now."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await self.go_on()
                runs = await self.runs()
                idle = all(run["dueAt"] is None or run["dueAt"] > self.clock().isoformat() for run in runs)
                if idle and [run["status"] for run in runs] == list(statuses):
                    return runs
                await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The house does not take runs on by itself, each second: a test says when."""
    monkeypatch.setattr("house.repeat", _never)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The house begins no runs: another process does. Asked for before it is opened."""
    monkeypatch.setattr("house.consume", _never)


async def _never(*_: object) -> None:
    await asyncio.Event().wait()


@pytest.fixture
def processes(company: Company) -> Processes:
    return Processes(company)


@pytest.fixture
async def receiver(processes: Processes) -> AsyncIterator[Receiver]:
    """A service that workflows may call."""
    async with Receiver.serving() as receiver:
        sources = processes.house.sources[Enterprise]
        hosts = {receiver.host, "localhost"}
        webhooks = Webhooks(hosts, SECRET, processes.clock)
        processes.house.sources[Enterprise] = replace(sources, webhooks=webhooks)
        yield receiver
        await webhooks.close()
