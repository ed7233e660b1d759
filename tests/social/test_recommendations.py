"""Recommendations come from the service, or from ourselves where it does not answer; and say which."""

from typing import Any
from uuid import UUID

import pytest

from datasources.social import sources
from tests.commerce.shop import Shop, Sold
from tests.gateway_client import Gateway
from tests.sandbox_process import RunningSandbox
from tests.social.town import Town

WHAT = "{ recommendedPeople { by nodes { handle } } recommendedProducts { by nodes { name } } }"


def shown(by: str, people: list[str], products: list[str]) -> dict[str, Any]:
    return {
        "recommendedPeople": {"by": by, "nodes": [{"handle": handle} for handle in people]},
        "recommendedProducts": {"by": by, "nodes": [{"name": name} for name in products]},
    }


async def test_the_service_recommends_and_else_we_do(
    gateway: Gateway, town: Town, shop: Shop, switches: RunningSandbox
) -> None:
    ada = await town.person("ada", actor=await shop.customer())
    people = {handle: await town.person(handle) for handle in ("bob", "cyd", "dia", "eve", "troll")}
    for one, other in (
        ("bob", "dia"),
        ("cyd", "dia"),
        ("cyd", "eve"),
        ("bob", "cyd"),
        ("cyd", "troll"),
        ("bob", "troll"),
    ):
        await town.follows(people[one], people[other])
    for followed in ("bob", "cyd"):
        await town.follows(ada, people[followed])
    await town.blocks(people["troll"], ada)
    mug, pot, tarp, gone = [await shop.product(name, active=name != "Gone") for name in ("Mug", "Pot", "Tarp", "Gone")]
    buyer = await shop.customer("other@example.com")
    await shop.order(ada, Sold(mug))
    await shop.order(buyer, Sold(mug), Sold(pot), Sold(gone))
    await shop.order(buyer, Sold(mug), Sold(pot), Sold(tarp))
    theirs = {
        "people": [str(people[handle].id) for handle in ("eve", "troll")],
        "products": [str(tarp), str(UUID(int=7))],
    }
    switches.import_recommendations([{"user": str(ada.id), **theirs}])
    assert await gateway.data(WHAT, as_=ada) == shown("SERVICE", ["eve"], ["Tarp"])
    assert gateway.calls["social.recommended"] == 1, "asked once for both"
    switches.fault("recommendations", "down")
    assert await gateway.data(WHAT, as_=ada) == shown("OURSELVES", ["dia", "eve"], ["Pot", "Tarp"])


class TestTooLate:
    @pytest.fixture
    def recommended_within_s(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sources, "RECOMMENDED_WITHIN_S", 0.2)

    async def test_who_waits_longer_than_it_is_worth_is_answered_by_us(
        self, gateway: Gateway, town: Town, switches: RunningSandbox
    ) -> None:
        ada, bo, cy = [await town.person(handle) for handle in ("ada", "bob", "cyd")]
        await town.follows(ada, bo)
        await town.follows(bo, cy)
        switches.fault("recommendations", "hang")
        assert await gateway.data(WHAT, as_=ada) == shown("OURSELVES", ["cyd"], [])
