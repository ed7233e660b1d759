"""Recommendations come from the service, or from ourselves where it does not answer; and say which."""

from typing import Any
from uuid import UUID

import pytest

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


@pytest.mark.parametrize("mode", ["down", "hang"])
async def test_the_service_recommends_and_else_we_do(
    mode: str, gateway: Gateway, town: Town, shop: Shop, switches: RunningSandbox
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
    switches.fault("recommendations", mode)
    assert await gateway.data(WHAT, as_=ada) == shown("OURSELVES", ["dia", "eve"], ["Pot", "Tarp"])
