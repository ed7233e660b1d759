"""The pipeline: who moves what, two at once, and what it comes to."""

import asyncio
from typing import Any

from datasources.actor import Actor
from tests.enterprise.company import Company
from tests.enterprise.crm import DO, MOVE, OPPORTUNITY, Crm
from tests.gateway_client import Gateway
from tests.listening import Listen

LIST = """{ opportunities(first: 10) { totalCount nodes { title stage amount { amount currency } probability closesOn
  owner { name } company { name } contact { name company { name } }
  activities { nodes { subject opportunity { title } } } changes { nodes { field before after by { name } } } } } }"""
OF = "query ($stage: OpportunityStage, $owner: ID) { opportunities(stage: $stage, ownerId: $owner) { nodes { id } } }"
FORECAST = """query ($months: Int!) { forecast(months: $months) { month owner { name } opportunities
  amount { amount currency } weighted { amount } } }"""
STATE = "query ($id: ID!) { opportunity(id: $id) { stage version changes { nodes { field } } } }"
CHANGED = 'subscription { opportunityChanged(after: "oldest") { type opportunity { title stage owner { name } } } }'
MINE = "{ activities(done: false) { nodes { subject } } }"
MEANWHILE = "ENTERPRISE_CHANGED_MEANWHILE"


async def move(company: Company, actor: Actor, id: str, version: int, **wanted: Any) -> Any:
    return await company.do(MOVE, actor, opportunityId=id, version=version, **wanted)


async def test_of_two_who_move_one_at_once_the_second_is_told(company: Company, gateway: Gateway, crm: Crm) -> None:
    id = await crm.opportunity(company.sales, await crm.contact())
    wishes = [(company.sales, {"stage": "QUALIFIED"}), (company.manager, {"stage": "LOST"})] * 2
    done = await asyncio.gather(*(move(company, actor, id, 1, **wanted) for actor, wanted in wishes))
    (won,) = (one["record"] for one in done if one["problem"] is None)
    assert [one["problem"]["code"] for one in done if one["problem"]] == [MEANWHILE] * 3
    state = (await gateway.data(STATE, {"id": id}, as_=company.manager))["opportunity"]
    fields = sorted(change["field"] for change in state.pop("changes")["nodes"])
    assert state == {"stage": won["stage"], "version": 2}
    assert fields == ["probability", "stage"]


async def test_an_opportunity_goes_from_stage_to_stage(company: Company, crm: Crm) -> None:
    id = await crm.opportunity(company.sales, await crm.contact())
    refused = await move(company, company.sales, id, 1, stage="WON")
    assert refused["problem"] == {
        "code": "ENTERPRISE_STAGE_OUT_OF_REACH",
        "message": "From LEAD it goes to QUALIFIED, LOST, not to WON.",
    }
    steps = [("QUALIFIED", None, 25), ("PROPOSAL", 60, 60), ("NEGOTIATION", None, 75), ("WON", 1, 100)]
    for version, (stage, wanted, probability) in enumerate(steps, 1):
        done = await move(company, company.sales, id, version, stage=stage, probability=wanted)
        moved = {"id": id, "stage": stage, "probability": probability, "version": version + 1}
        assert done["record"] == moved | {"owner": {"name": "Sally Salieri"}}
    ended = (await move(company, company.sales, id, 5, stage="LOST"))["problem"]["message"]
    assert ended == "From WON it goes to nowhere, not to LOST."
    key = {"idempotencyKey": "once"}
    first = await crm.opportunity(company.sales, await crm.contact(), amount="5.00", **key)
    other = {"title": "Other", "amount": {"amount": "5.00", "currency": "EUR"}, "closesOn": "2026-03-20"}
    reused = await company.do(OPPORTUNITY, company.sales, contactId=await crm.contact(), **other, **key)
    assert reused["problem"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    again = [await move(company, company.sales, first, 1, stage="LOST", idempotencyKey="twice") for _ in range(2)]
    assert again[0] == again[1]
    assert again[0]["record"]["version"] == 2


async def test_what_is_given_over_is_gone(company: Company, gateway: Gateway, crm: Crm) -> None:
    contact = await crm.contact()
    mine, theirs = await crm.opportunity(company.sales, contact), await crm.opportunity(company.rep, contact)
    assert (await move(company, company.sales, theirs, 1, stage="LOST"))["problem"]["code"] == "NOT_FOUND"
    given = await move(company, company.sales, mine, 1, ownerId=company.id(company.rep))
    assert given == {"record": None, "problem": None}
    assert (await move(company, company.sales, mine, 2, stage="LOST"))["problem"]["code"] == "NOT_FOUND"
    back = await move(company, company.manager, mine, 2, ownerId=company.id(company.sales))
    assert back["record"]["owner"] == {"name": "Sally Salieri"}
    for actor, found in ((company.sales, [mine]), (company.rep, [theirs]), (company.manager, [mine, theirs])):
        seen = (await gateway.data(OF, {"stage": "LEAD"}, as_=actor))["opportunities"]["nodes"]
        assert sorted(one["id"] for one in seen) == sorted(found)
    of_rep = await gateway.data(OF, {"owner": company.id(company.rep)}, as_=company.manager)
    assert of_rep["opportunities"]["nodes"] == [{"id": theirs}]


async def test_a_list_of_opportunities_costs_a_statement_an_edge(company: Company, gateway: Gateway, crm: Crm) -> None:
    contact = await crm.contact(companyId=await crm.company())
    for day in range(1, 6):
        id = await crm.opportunity(company.sales, contact, closes_on=f"2026-04-0{day}")
        await crm.activity(company.sales, f"Call {day}", opportunityId=id)
        await move(company, company.sales, id, 1, probability=day)
    found = (await gateway.data(LIST, as_=company.manager))["opportunities"]
    assert gateway.calls == {
        "enterprise.opportunities": 1,
        "enterprise.opportunities.count": 1,
        "enterprise.employee_by_id": 1,
        "enterprise.contact_by_id": 1,
        "enterprise.company_by_id": 1,
        "enterprise.activities_by_opportunity": 1,
        "enterprise.opportunity_by_id": 1,
        "enterprise.changes_by_subject": 1,
    }
    assert found["totalCount"] == 5
    assert found["nodes"][0] == {
        "title": "A new reception",
        "stage": "LEAD",
        "amount": {"amount": "1000.00", "currency": "EUR"},
        "probability": 1,
        "closesOn": "2026-04-01",
        "owner": {"name": "Sally Salieri"},
        "company": None,
        "contact": {"name": "Ada Byron", "company": {"name": "Aldgate Interiors"}},
        "activities": {"nodes": [{"subject": "Call 1", "opportunity": {"title": "A new reception"}}]},
        "changes": {"nodes": [{"field": "probability", "before": "10", "after": "1", "by": {"name": "Sally Salieri"}}]},
    }


async def test_the_forecast_weighs_what_is_hoped_for(company: Company, gateway: Gateway, crm: Crm) -> None:
    """It is March 2026."""
    contact = await crm.contact()
    await crm.opportunity(company.sales, contact, "999.00", "2026-02-28")
    await crm.opportunity(company.sales, contact, "0.05", "2026-03-01")
    await crm.opportunity(company.sales, contact, "100.00", "2026-03-31")
    await crm.opportunity(company.sales, contact, "10.00", "2026-03-31", currency="USD")
    await crm.opportunity(company.rep, contact, "0.04", "2026-04-30")
    await crm.opportunity(company.rep, contact, "7.00", "2026-05-01")
    lost = await crm.opportunity(company.rep, contact, "7.00", "2026-04-01")
    await move(company, company.rep, lost, 1, stage="LOST")
    hoped = await crm.opportunity(company.rep, contact, "200.00", "2026-04-01")
    await move(company, company.rep, hoped, 1, probability=33)
    of_sales = [
        ("2026-03", "Sally Salieri", 2, "100.05", "EUR", "10.01"),
        ("2026-03", "Sally Salieri", 1, "10.00", "USD", "1.00"),
    ]
    of_rep = [("2026-04", "Rene Porter", 2, "200.04", "EUR", "66.00")]
    for actor, rows in ((company.sales, of_sales), (company.rep, of_rep), (company.manager, of_sales + of_rep)):
        found = (await gateway.data(FORECAST, {"months": 2}, as_=actor))["forecast"]
        assert gateway.calls == {"opportunities": 1, "enterprise.employee_by_id": 1}
        flat = [
            (
                one["month"],
                one["owner"]["name"],
                one["opportunities"],
                *one["amount"].values(),
                one["weighted"]["amount"],
            )
            for one in found
        ]
        assert flat == rows
    assert await gateway.refused(FORECAST, {"months": 37}, as_=company.sales) == ["INVALID_INPUT"]


async def test_of_an_opportunity_those_hear_who_see_it(company: Company, crm: Crm, listen: Listen) -> None:
    contact = await crm.contact()
    await crm.opportunity(company.rep, contact, title="Of rep")
    await crm.opportunity(company.sales, contact, title="Of sales")
    async with listen(CHANGED, company.sales) as next:
        told = {"title": "Of sales", "stage": "LEAD", "owner": {"name": "Sally Salieri"}}
        assert await next() == {"type": "OPPORTUNITY_CREATED", "opportunity": told}
    async with listen(CHANGED, company.manager) as next:
        assert [(await next())["opportunity"]["title"] for _ in range(2)] == ["Of rep", "Of sales"]


async def test_what_is_done_is_off_the_list(company: Company, gateway: Gateway, crm: Crm) -> None:
    call, mail = await crm.activity(company.sales, "Call"), await crm.activity(company.sales, "Mail")
    await crm.activity(company.rep, "Of rep")
    assert (await company.do(DO, company.sales, activityId=call, done=True))["record"] == {
        "id": call,
        "doneAt": "2026-03-02T09:00:00+00:00",
    }
    assert (await company.do(DO, company.rep, activityId=mail, done=True))["problem"]["code"] == "NOT_FOUND"
    assert (await gateway.data(MINE, as_=company.sales))["activities"]["nodes"] == [{"subject": "Mail"}]
    naive = await company.do(DO, company.sales, activityId=mail, dueAt="2026-03-05T09:00:00")
    assert naive["problem"]["field"] == "dueAt"
