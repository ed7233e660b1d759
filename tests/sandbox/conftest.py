from collections.abc import Iterator

import httpx
import pytest

from datasources.sandbox.process import Sandbox
from tests.sandbox.clients import Payments
from tests.sandbox_process import RunningSandbox, switches_of


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Iterator[RunningSandbox]:
    """The suite's own sandbox, with its switches."""
    with switches_of(sandbox) as running:
        yield running
        running.reset()


@pytest.fixture
def payments(sandbox: RunningSandbox) -> Iterator[Payments]:
    with Payments(sandbox.url) as client:
        yield client


@pytest.fixture
def rates(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{sandbox.url}/rates", verify=False) as client:
        yield client


@pytest.fixture
def carriers(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{sandbox.url}/carriers", verify=False) as client:
        yield client
