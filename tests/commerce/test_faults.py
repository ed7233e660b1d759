"""Outside services in trouble: each leaves its own hole in the answer, says so, and heals."""

import asyncio
import time
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.commerce.crowd import NESTED, Crowd, Json
from tests.commerce.shop import Shop
from tests.gateway_client import Gateway
from tests.sandbox_process import RunningSandbox

# No database is in trouble here.
pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

TIMEOUT_S = 3.0
SIZE = 3
HOLES = {"payments": "payment", "carriers": "shipment", "rates": "priceIn"}
FAULTS = {
    "dead": ("down", "SOURCE_UNAVAILABLE"),
    "too slow": ("hang", "SOURCE_TIMEOUT"),
    "failing": ("error", "SOURCE_UNAVAILABLE"),
    "half a JSON": ("wrong_json", "SOURCE_UNAVAILABLE"),
    "wrong types": ("wrong_types", "SOURCE_UNAVAILABLE"),
}

Path = tuple[str | int, ...]


@pytest.fixture
def operation_timeout_s() -> float:
    return TIMEOUT_S


@pytest.fixture
async def whole(gateway: Gateway, shop: Shop, switches: RunningSandbox, dollars: Decimal) -> Json:
    """The answer when nothing is wrong."""
    crowd = Crowd(shop, switches)
    await crowd.gather(SIZE)
    return crowd.told(SIZE, dollars)


def places(part: Any, field: str, path: Path = ()) -> Iterator[Path]:
    """Where this field has something."""
    inside = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, inner in inside:
        if name == field and inner is not None:
            yield (*path, name)
        else:
            yield from places(inner, field, (*path, name))


def without(part: Any, fields: Collection[str]) -> Any:
    """The same with null for these fields."""
    if isinstance(part, list):
        return [without(inner, fields) for inner in part]
    if isinstance(part, dict):
        return {name: None if name in fields else without(inner, fields) for name, inner in part.items()}
    return part


def told(answer: Json) -> dict[Path, tuple[str, str]]:
    """The code and the service of each error, by its path."""
    extensions = {tuple(error["path"]): error["extensions"] for error in answer["errors"]}
    return {path: (said["code"], said["service"]) for path, said in extensions.items()}


async def ask(gateway: Gateway, shop: Shop) -> Json:
    started = time.monotonic()
    answer: Json = await gateway.ask(NESTED, {"customers": SIZE}, as_=shop.staff("*"))
    assert time.monotonic() - started < 3 * TIMEOUT_S
    return answer


async def heals(gateway: Gateway, shop: Shop, whole: Json) -> None:
    """Readiness asks the services within a second, where calls would leave them alone for a while."""
    for _ in range(50):
        if (await gateway.http.get("/health/ready")).status_code == 200:
            break
        await asyncio.sleep(0.1)
    assert await ask(gateway, shop) == {"data": whole}


@pytest.mark.parametrize("service", HOLES)
@pytest.mark.parametrize("trouble", FAULTS)
async def test_a_service_in_trouble_leaves_a_hole_that_names_it_and_heals(
    gateway: Gateway, shop: Shop, switches: RunningSandbox, whole: Json, service: str, trouble: str
) -> None:
    mode, code = FAULTS[trouble]
    switches.fault(service, mode)
    answer = await ask(gateway, shop)
    assert answer["data"] == without(whole, [HOLES[service]])
    assert told(answer) == dict.fromkeys(places(whole, HOLES[service]), (code, service))
    switches.heal(service)
    await heals(gateway, shop, whole)


@pytest.mark.parametrize("service", HOLES)
async def test_one_wrong_answer_costs_no_more_than_it_was_to_tell(
    gateway: Gateway, shop: Shop, switches: RunningSandbox, whole: Json, service: str
) -> None:
    """Payments are asked for one by one, shipments at once, and rates serve all prices."""
    switches.fault(service, "wrong_json", times=1)
    lost = told(await ask(gateway, shop))
    expected = set(places(whole, HOLES[service]))
    assert lost.keys() <= expected
    assert len(lost) == (1 if service == "payments" else len(expected))
    assert set(lost.values()) == {("SOURCE_UNAVAILABLE", service)}
    assert await ask(gateway, shop) == {"data": whole}


async def test_with_no_service_at_all_the_rest_is_whole(
    gateway: Gateway, shop: Shop, switches: RunningSandbox, whole: Json
) -> None:
    for service in HOLES:
        switches.fault(service, "down")
    answer = await ask(gateway, shop)
    assert answer["data"] == without(whole, HOLES.values())
    assert told(answer) == {
        place: ("SOURCE_UNAVAILABLE", service) for service, field in HOLES.items() for place in places(whole, field)
    }
    ready = await gateway.http.get("/health/ready")
    well = dict.fromkeys(("house", "commerce", "social", "finance", "enterprise"), "ok")
    states = well | dict.fromkeys(HOLES, "SOURCE_UNAVAILABLE")
    assert (ready.status_code, ready.json()) == (503, {"ready": False, "sources": states})
    switches.heal()
    await heals(gateway, shop, whole)
