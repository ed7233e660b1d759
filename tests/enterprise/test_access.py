"""Who of the staff sees and does what, as a table; each row on both databases."""

import re
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from strawberry.utils.str_converters import to_camel_case

from datasources.actor import ANONYMOUS, Actor
from datasources.enterprise.processes import RUNNER
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import GOODS_RECEIPTS, WORKFLOWS
from schema.enterprise.domain import ENTERPRISE
from schema.graph import build
from schema.links.commerce_enterprise import LINKS as LINKED
from schema.node import global_id
from tests.commerce.shop import Shop
from tests.enterprise.company import Company
from tests.enterprise.crm import Crm
from tests.enterprise.invoices import Desk, line
from tests.enterprise.supply import RECEIVE, Supply, pieces
from tests.gateway_client import Gateway

STAFF = "sales rep agent buyer controller manager director"
SELLING = "sales rep manager director"
SUPPLIED = "buyer controller manager director"
BUYING = "buyer director"

RECORDS = {
    "Company": STAFF,
    "Contact": STAFF,
    "Opportunity": "sales manager director",
    "Activity": "agent manager director",
    "Ticket": "sales rep agent manager director",
    "Supplier": SUPPLIED,
    "SupplierPrice": SUPPLIED,
    "ReorderPoint": SUPPLIED,
    "PurchaseOrder": SUPPLIED,
    "GoodsReceipt": SUPPLIED,
    "Employee": STAFF,
    "Department": STAFF,
    "Invoice": "controller manager director",
    "Workflow": "director",
    "WorkflowRun": "manager director",
    "Approval": "manager director",
}
"""Who sees the record of this type, through `node` and in its list; others do not know that it is there."""


def _one(field: str, type: str) -> str:
    """The record with an id that nobody has: null for who may ask."""
    return f'{field}(id: "{global_id(type, UUID(int=7))}") {{ id }}'


FIELDS = {
    _one("employee", "Employee"): STAFF,
    _one("company", "Company"): STAFF,
    _one("contact", "Contact"): STAFF,
    _one("opportunity", "Opportunity"): SELLING,
    _one("activity", "Activity"): STAFF,
    _one("ticket", "Ticket"): "sales rep agent manager director",
    _one("supplier", "Supplier"): SUPPLIED,
    _one("purchaseOrder", "PurchaseOrder"): SUPPLIED,
    _one("workflow", "Workflow"): "director",
    _one("workflowRun", "WorkflowRun"): "manager director",
    _one("approval", "Approval"): "buyer controller manager director",
    _one("invoice", "Invoice"): f"{STAFF} customer",
    "invoices { totalCount }": f"{STAFF} customer",
    "departments { name }": STAFF,
    "employees { totalCount }": STAFF,
    "companies { totalCount }": STAFF,
    "contacts { totalCount }": STAFF,
    "opportunities { totalCount }": SELLING,
    "forecast { month }": SELLING,
    "activities { totalCount }": STAFF,
    "tickets { totalCount }": "sales rep agent manager director",
    "agedInvoices(direction: PAYABLE) { lateDays }": "controller manager director",
    "suppliers { totalCount }": SUPPLIED,
    "reorderPoints { totalCount }": SUPPLIED,
    "purchaseOrders { totalCount }": SUPPLIED,
    "reorderSuggestions { quantity }": "buyer manager director",
    "workflows { totalCount }": "director",
    "workflowRuns { totalCount }": "manager director",
    "approvals { totalCount }": "buyer controller manager director",
}
"""Who may ask; others are refused, and nobody has to sign in first."""

LISTS = {
    "opportunities": "Opportunity",
    "activities": "Activity",
    "tickets": "Ticket",
    "companies": "Company",
    "invoices": "Invoice",
    "approvals": "Approval",
    "suppliers": "Supplier",
    "reorderPoints": "ReorderPoint",
    "purchaseOrders": "PurchaseOrder",
}

MUTATIONS = {
    'addDepartment(input: {name: ""': "director",
    'moveDepartment(input: {departmentId: ""': "director",
    'hireEmployee(input: {name: "", email: "", role: SALES, departmentId: ""': "director",
    'changeEmployee(input: {employeeId: ""': "director",
    'createCompany(input: {name: ""': SELLING,
    'changeCompany(input: {companyId: ""': SELLING,
    'createContact(input: {name: ""': SELLING,
    'changeContact(input: {contactId: ""': SELLING,
    'linkContact(input: {contactId: "", customerId: ""': SELLING,
    'createOpportunity(input: {title: "", amount: {amount: 1, currency: EUR}, closesOn: "2026-03-01"': SELLING,
    'changeOpportunity(input: {opportunityId: "", version: 1': SELLING,
    'createActivity(input: {kind: CALL, subject: "", dueAt: "2026-03-01T09:00:00Z"': SELLING,
    'changeActivity(input: {activityId: ""': STAFF,
    'openTicket(input: {subject: "", text: ""': "agent manager director",
    'changeTicket(input: {ticketId: ""': "agent manager director",
    'draftInvoice(input: {customerId: "", dueOn: "2026-03-01", lines: []': "controller director",
    'invoiceOrder(input: {orderId: "", dueOn: "2026-03-01"': "controller director",
    'enterInvoice(input: {supplierId: "", number: "", issuedOn: "2026-03-01", dueOn: "2026-03-01", lines: []': (
        "controller director"
    ),
    'changeInvoice(input: {invoiceId: ""': "controller director",
    'approveInvoice(input: {invoiceId: ""': "manager director",
    'issueInvoice(input: {invoiceId: ""': "controller director",
    'payInvoice(input: {invoiceId: ""': "controller director",
    'cancelInvoice(input: {invoiceId: ""': "controller director",
    'saveWorkflow(input: {name: "", trigger: {}, steps: []': "director",
    'switchWorkflow(input: {workflowId: "", on: true': "director",
    'cancelRun(input: {runId: ""': "director",
    'retryRun(input: {runId: ""': "director",
    'decideApproval(input: {approvalId: "", approve: true': "manager director",
    'addSupplier(input: {name: "", email: "", currency: EUR, leadTimeDays: 1': BUYING,
    'changeSupplier(input: {supplierId: ""': BUYING,
    'setSupplierPrice(input: {supplierId: "", productId: "", sku: "", price: {amount: 1, currency: EUR}': BUYING,
    'setReorderPoint(input: {productId: "", warehouseId: "", supplierId: "", reorderAt: 1, reorderQuantity: 1': BUYING,
    'draftPurchaseOrder(input: {supplierId: "", warehouseId: "", lines: []': BUYING,
    'approvePurchaseOrder(input: {purchaseOrderId: ""': "manager director",
    'sendPurchaseOrder(input: {purchaseOrderId: ""': BUYING,
    'receiveGoods(input: {purchaseOrderId: "", lines: []': BUYING,
    'cancelPurchaseOrder(input: {purchaseOrderId: ""': BUYING,
}
"""Who may try; the input makes no sense, so that nothing comes of it."""


async def crm_records(company: Company) -> dict[str, str]:
    """An opportunity of `sales`, an activity of `agent`, who both are below `manager`."""
    crm = Crm(company)
    firm = await crm.company()
    contact = await crm.contact(companyId=firm)
    return {
        "Company": firm,
        "Contact": contact,
        "Opportunity": await crm.opportunity(company.sales, contact),
        "Activity": await crm.activity(company.manager, ownerId=company.id(company.agent)),
        "Ticket": await crm.ticket(company.agent, contactId=contact),
    }


async def supply_records(company: Company, shop: Shop) -> dict[str, str]:
    supply = Supply(company)
    mug, ber = await shop.product("Mug"), await shop.warehouse("BER")
    potter = await supply.supplier()
    price = await supply.price(potter, mug, "2.00")
    point = await supply.point(potter, mug, ber, 5, 20)
    order = await supply.sent(potter, ber, (mug, 1))
    await supply.made(RECEIVE, purchaseOrderId=order, lines=pieces((mug, 1)))
    receipts = await company.database.row(sa.select(GOODS_RECEIPTS.c.id))
    assert receipts
    receipt = global_id("GoodsReceipt", receipts.id)
    return {
        "Supplier": potter,
        "SupplierPrice": price["id"],
        "ReorderPoint": point["id"],
        "PurchaseOrder": order,
        "GoodsReceipt": receipt,
    }


async def staff_records(company: Company) -> dict[str, str]:
    department = "{ departments { id } }"
    (top,) = (await company.gateway.data(department, as_=company.sales))["departments"]
    return {"Employee": company.id(company.buyer), "Department": top["id"]}


async def invoice_records(company: Company, supplier: str) -> dict[str, str]:
    """One of a supplier, which customers have no part in."""
    entered = await Desk(company).enter("R-1", line("1.00"), supplier=supplier)
    return {"Invoice": entered["invoice"]["id"]}


async def process_records(company: Company) -> dict[str, str]:
    """A run that waits for an approval of what a manager may approve."""
    enterprise = Enterprise(company.sources, RUNNER)
    async with company.database.transaction() as transaction:
        workflow = await enterprise.workflows.add(transaction, "Ask", None)
        assert workflow
        await enterprise.workflows.define(transaction, workflow, 0, {})
        of = {"workflow_id": workflow, "version": 0, "cause": "", "data": {}}
        run = await enterprise.runs.add(transaction, **of)
        assert run
        await enterprise.runs.change(transaction, run, due_at=None)
        asked = {"run_id": run, "position": 0, "text": "", "subject": "", "subject_id": run}
        approval = await enterprise.approvals.ask(transaction, **asked, amount_minor=20_000_00, currency="EUR")
        await transaction.write(sa.update(WORKFLOWS).values(active=False))
    ids = {"Workflow": workflow, "WorkflowRun": run, "Approval": approval}
    return {type: global_id(type, id) for type, id in ids.items()}


@pytest.fixture
def people(company: Company) -> dict[str, Actor]:
    staff = {name: getattr(company, name) for name in STAFF.split()}
    return staff | {"customer": Actor(company.sales.signed_in), "nobody": ANONYMOUS}


async def test_each_record_is_seen_by_those_of_the_table(
    company: Company, shop: Shop, gateway: Gateway, people: dict[str, Actor]
) -> None:
    ids = await staff_records(company) | await crm_records(company) | await process_records(company)
    ids |= await supply_records(company, shop)
    ids |= await invoice_records(company, ids["Supplier"])
    assert set(ids) == set(RECORDS)
    for name, actor in people.items():
        asked = " ".join(f'{type}: node(id: "{id}") {{ id }}' for type, id in ids.items())
        found = (await gateway.ask(f"{{ {asked} }}", as_=actor))["data"]
        assert {type for type in ids if found[type]} == {t for t, by in RECORDS.items() if name in by.split()}, name
        for field, type in LISTS.items():
            listed = (await gateway.ask(f"{{ {field} {{ totalCount nodes {{ id }} }} }}", as_=actor))["data"][field]
            nodes = [] if listed is None else [node["id"] for node in listed["nodes"]]
            assert nodes == ([ids[type]] if name in RECORDS[type].split() else []), (name, field)
            assert listed is None or listed["totalCount"] == len(nodes)


async def test_each_field_is_for_those_of_the_table(gateway: Gateway, people: dict[str, Actor]) -> None:
    document = " ".join(f"f{number}: {field}" for number, field in enumerate(FIELDS))
    for name, actor in people.items():
        assert await _refused(gateway, f"{{ {document} }}", actor, list(FIELDS)) == _others(FIELDS, name), name


async def test_each_mutation_is_for_those_of_the_table(gateway: Gateway, people: dict[str, Actor]) -> None:
    document = " ".join(
        f'f{number}: {call}, idempotencyKey: "{number}"}}) {{ problem {{ code }} }}'
        for number, call in enumerate(MUTATIONS)
    )
    for name, actor in people.items():
        refused = await _refused(gateway, f"mutation {{ {document} }}", actor, list(MUTATIONS))
        assert refused == _others(MUTATIONS, name), name


def test_every_record_of_enterprise_is_in_the_table() -> None:
    graph = build()._schema
    nodes = graph.get_implementations(graph.type_map["Node"]).objects  # type: ignore[arg-type]
    ours = {
        node.name
        for node in nodes
        if node.extensions["strawberry-definition"].origin.__module__.startswith("schema.enterprise.")
    }
    assert set(RECORDS) == ours


def test_every_root_field_of_enterprise_is_in_the_table() -> None:
    for table, parts in (
        (FIELDS, (ENTERPRISE.query, LINKED.query)),
        (MUTATIONS, (ENTERPRISE.mutation, LINKED.mutation)),
    ):
        declared = {field for part in parts for field in fields_of(part)}
        assert {re.split(r"\W", row)[0] for row in table} == declared


def fields_of(type: Any) -> set[str]:
    return {to_camel_case(field.python_name) for field in type.__strawberry_definition__.fields}


async def _refused(gateway: Gateway, document: str, actor: Actor, fields: list[str]) -> set[str]:
    answer = await gateway.ask(document, as_=actor)
    code = "UNAUTHENTICATED" if actor.id is None else "FORBIDDEN"
    assert {error["extensions"]["code"] for error in answer.get("errors", [])} <= {code}
    return {fields[int(error["path"][0][1:])] for error in answer.get("errors", [])}


def _others(table: dict[str, str], name: str) -> set[str]:
    return {row for row, may in table.items() if name not in may.split()}
