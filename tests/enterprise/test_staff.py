"""Who works here: a tree without cycles, a directory, and what was changed."""

import asyncio

from datasources.house.revocations import RevokedSubjects
from datasources.house.sources import HouseSources
from tests.enterprise.company import Company
from tests.gateway_client import Gateway
from tests.listening import listening

TREE = """{ departments { name head { name } below { id name head { name } people(first: 5) { nodes { name } }
  below { id name } } } }"""
MOVE = """mutation ($input: MoveDepartmentInput!) { done: moveDepartment(input: $input) {
  department { name parent { name } } problem { code } } }"""
CHANGE = """mutation ($input: ChangeEmployeeInput!) { done: changeEmployee(input: $input) {
  employee { name role leftAt changes(first: 10) { nodes { field before after by { name } } } } problem { code message }
} }"""
EVENTS = 'subscription { enterpriseEvents(after: "oldest") { type ... on EmployeeEvent { employee { name } } } }'
HIRE = """mutation ($input: HireEmployeeInput!) { done: hireEmployee(input: $input) {
  employee { name role department { name } approves { amount } } problem { code ... on InputProblem { field } } } }"""


async def test_the_tree_of_departments(company: Company, gateway: Gateway) -> None:
    (top,) = (await gateway.data(TREE, as_=company.buyer))["departments"]
    assert gateway.calls == {
        "departments": 1,
        "enterprise.head_by_department": 2,
        "enterprise.departments_below": 2,
        "enterprise.employees_by_department": 1,
    }
    assert (top["name"], top["head"]) == ("Management", {"name": "Dora Rex"})
    assert [one["name"] for one in top["below"]] == ["Accounts", "Purchasing", "Sales"]
    (sales,) = [one for one in top["below"] if one["name"] == "Sales"]
    assert sales["people"]["nodes"] == [{"name": "Max Nager"}, {"name": "Rene Porter"}, {"name": "Sally Salieri"}]


async def test_no_department_comes_below_itself(company: Company, gateway: Gateway) -> None:
    (top,) = (await gateway.data(TREE, as_=company.director))["departments"]
    accounts, purchasing, sales = (one["id"] for one in top["below"])
    support = top["below"][2]["below"][0]["id"]
    assert await company.do(MOVE, company.director, departmentId=sales, parentId=support) == {
        "department": None,
        "problem": {"code": "ENTERPRISE_CYCLE"},
    }
    moves = [(accounts, purchasing), (purchasing, accounts)]
    done = await asyncio.gather(
        *(company.do(MOVE, company.director, departmentId=one, parentId=below) for one, below in moves)
    )
    assert sorted(one["problem"]["code"] for one in done if one["problem"]) == ["ENTERPRISE_CYCLE"]


async def test_a_change_says_what_and_by_whom(company: Company) -> None:
    done = await company.do(CHANGE, company.director, employeeId=company.id(company.rep), name="Rene Porta")
    change = {"field": "name", "before": '"Rene Porter"', "after": '"Rene Porta"', "by": {"name": "Dora Rex"}}
    assert done["employee"]["changes"]["nodes"] == [change]


async def test_who_leads_a_department_is_one(company: Company, gateway: Gateway) -> None:
    (top,) = (await gateway.data(TREE, as_=company.director))["departments"]
    sales = top["below"][2]["id"]
    done = await company.do(CHANGE, company.director, employeeId=company.id(company.rep), leadsId=sales)
    assert done["problem"]["code"] == "INVALID_INPUT"
    input = {"name": "Nova Neu", "email": "NOVA@example.com", "role": "SALES", "departmentId": sales}
    hired = {"name": "Nova Neu", "role": "SALES", "department": {"name": "Sales"}, "approves": {"amount": "0.00"}}
    assert (await company.do(HIRE, company.director, **input))["employee"] == hired
    again = {"code": "INVALID_INPUT", "field": "email"}
    assert (await company.do(HIRE, company.director, **input | {"email": "nova@EXAMPLE.com"}))["problem"] == again


async def test_the_staff_is_for_staff(company: Company, gateway: Gateway) -> None:
    assert await gateway.refused(TREE) == ["UNAUTHENTICATED"]
    input = {"name": "x", "email": "x@example.com", "role": "ADMIN", "departmentId": "x", "idempotencyKey": "k"}
    assert await gateway.refused(HIRE, {"input": input}, as_=company.manager) == ["FORBIDDEN"]


async def test_services_hear_of_all_that_happens(company: Company) -> None:
    hire = {"name": "Nova Neu", "email": "nova@example.com", "role": "SALES"}
    (top,) = (await company.gateway.data(TREE, as_=company.director))["departments"]
    async with listening(company.house) as listen:
        async with listen(EVENTS, company.manager) as next:
            assert await next() == ["FORBIDDEN"]
        async with listen(EVENTS, company.director) as next:
            await company.do(HIRE, company.director, **hire, departmentId=top["below"][0]["id"])
            assert await next() == {"type": "EMPLOYEE_HIRED", "employee": {"name": "Nova Neu"}}


async def test_who_leaves_is_signed_out(company: Company) -> None:
    await company.do(CHANGE, company.director, employeeId=company.id(company.rep), left=True)
    revoked = RevokedSubjects(company.house.sources[HouseSources])
    async with asyncio.timeout(20):
        while not (moments := await revoked.moments()):  # noqa: ASYNC110 # nothing else tells
            await asyncio.sleep(0.01)
    assert moments == {company.rep.signed_in: company.clock()}
