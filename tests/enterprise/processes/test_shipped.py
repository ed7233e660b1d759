"""The workflows that every company begins with do what they are there for."""

import json
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.tables import WAREHOUSES
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import ACTIVITIES, PURCHASE_ORDERS, TICKETS
from resolvers.enterprise.processes.definitions import checked, read
from schema.node import global_id
from tests.commerce.shop import Shop
from tests.enterprise.crm import Crm
from tests.enterprise.processes.conftest import Processes
from tests.enterprise.processes.test_approvals import ASKED, DECIDE
from tests.enterprise.supply import Supply

ALL = "{ workflows { nodes { id name on trigger steps runs { totalCount } } } }"
SWITCH = "mutation ($input: SwitchWorkflowInput!) { done: switchWorkflow(input: $input) { workflow { on } } }"
EUROS: dict[str, Any] = {"amount_minor": 100_000, "currency": "EUR"}


async def begun(processes: Processes, shop: Shop) -> Actor:
    """A customer whom `sales` looks after; the workflows are for what happens from now on."""
    company, crm = processes.company, Crm(processes.company)
    for workflow in (await company.gateway.data(ALL, as_=company.director))["workflows"]["nodes"]:
        assert workflow["on"]
        steps = [json.loads(step) for step in workflow["steps"]]
        checked(read({"trigger": json.loads(workflow["trigger"]), "steps": steps}))
        for on in (False, True):
            done = await company.do(SWITCH, company.director, workflowId=workflow["id"], on=on)
            assert done == {"workflow": {"on": on}}
    customer = await shop.customer()
    contact = await crm.contact(ownerId=company.id(company.sales))
    await crm.linked(contact, global_id("Customer", customer.signed_in))
    return customer


async def to_do(processes: Processes) -> list[tuple[UUID, UUID | None]]:
    """Whose activities are about which order, the oldest first."""
    made = sa.select(ACTIVITIES).order_by(ACTIVITIES.c.due_at)
    return [(row.owner_id, row.order_id) for row in await processes.company.database.rows(made)]


async def test_a_big_order_and_a_failed_payment(processes: Processes, shop: Shop) -> None:
    company, customer = processes.company, await begun(processes, shop)
    big, small, failed = uuid4(), uuid4(), uuid4()
    shipped: dict[str, Any] = {"owner": customer.signed_in, "shipment": "s", "tax_minor": 0}
    await processes.tell("order.shipped", small, **shipped, **EUROS | {"amount_minor": 99_999})
    await processes.tell("order.shipped", big, **shipped, **EUROS)
    await processes.until("DONE")
    assert await to_do(processes) == [(company.sales.id, big)]
    wrong: dict[str, Any] = {"owner": customer.signed_in, **EUROS}
    await processes.tell("order.payment_failed", small, reason="no_such_method", **wrong)
    await processes.tell("order.payment_failed", failed, reason="card_declined", **wrong)
    await processes.until("DONE", "DONE")
    (ticket,) = await company.database.rows(sa.select(TICKETS))
    assert (ticket.order_id, ticket.customer_id, ticket.status) == (failed, customer.id, "open")


async def test_an_overdue_invoice_goes_up_until_it_is_paid(processes: Processes, shop: Shop) -> None:
    company, customer = processes.company, await begun(processes, shop)
    late, paid = uuid4(), uuid4()
    told: dict[str, Any] = {
        "owner": customer.signed_in,
        "direction": "receivable",
        "number": "",
        "tax_minor": 0,
        **EUROS,
    }
    await processes.tell("invoice.overdue", uuid4(), Enterprise, **told | {"direction": "payable"})
    await processes.tell("invoice.overdue", paid, Enterprise, **told)
    await processes.until("WAITING")
    await processes.tell("invoice.overdue", late, Enterprise, **told)
    await processes.until("WAITING", "WAITING")
    assert await to_do(processes) == [(company.manager.id, None)] * 2
    await processes.tell("invoice.paid", paid, Enterprise, **told)
    await processes.until("WAITING", "CANCELLED")
    processes.clock.forward(days=7)
    await processes.until("DONE", "CANCELLED")
    assert (await to_do(processes))[2:] == [(company.director.id, None)]


async def test_what_runs_short_is_ordered_and_much_of_it_is_approved_before(processes: Processes, shop: Shop) -> None:
    company, supply = processes.company, Supply(processes.company)
    await begun(processes, shop)
    dear, cheap = [await shop.product(name, stock={"BER": 50}) for name in ("Sofa", "Mug")]
    (warehouse,) = [row.id for row in await shop.database.rows(sa.select(WAREHOUSES.c.id))]
    supplier = await supply.supplier()
    for product, price in ((dear, "500.01"), (cheap, "500.00")):
        await supply.price(supplier, product, price)
        await supply.point(supplier, product, warehouse, at=10, quantity=2)
    sold: dict[str, Any] = {"warehouse": str(warehouse), "kind": "reserve", "on_hand": 0, "reserved": 1}
    for available in (101, 11, 10, 9):
        await processes.tell("stock.moved", cheap, **sold, available=available)
    await processes.until("DONE", "DONE", "DONE")
    await processes.tell("stock.moved", dear, **sold, available=10)
    await processes.until("WAITING", "DONE", "DONE", "DONE")
    found = await company.database.rows(sa.select(PURCHASE_ORDERS).order_by(PURCHASE_ORDERS.c.total_minor))
    assert [(row.total_minor, row.status) for row in found] == [(100_000, "approved"), (100_002, "draft")]
    (asked,) = (await company.gateway.data(ASKED, as_=company.manager))["approvals"]["nodes"]
    await company.do(DECIDE, company.manager, approvalId=asked["id"], approve=True)
    await processes.until("DONE", "DONE", "DONE", "DONE")
    found = await company.database.rows(sa.select(PURCHASE_ORDERS).order_by(PURCHASE_ORDERS.c.total_minor))
    assert [(row.status, row.approved_by) for row in found] == [("approved", None), ("approved", company.manager.id)]


async def test_a_workflow_is_no_second_pair_of_eyes(processes: Processes, shop: Shop) -> None:
    """Who may save workflows could else have them approve what they drafted themselves, however much it is."""
    company, supply = processes.company, Supply(processes.company)
    product = await shop.product("Sofa", stock={"BER": 50})
    (warehouse,) = [row.id for row in await shop.database.rows(sa.select(WAREHOUSES.c.id))]
    supplier = await supply.supplier()
    await supply.price(supplier, product, "900000.00")
    trigger = {"event": "enterprise: purchase.drafted"}
    saved = await processes.save("Wave through", trigger, {"approvePurchase": {"purchase": "subject"}})
    assert saved["problem"] is None
    processes.clock.forward(seconds=1)
    await supply.draft(supplier, warehouse, (product, 100), by=company.director)
    (run,) = await processes.until("FAILED")
    assert run["error"] == "What you asked for or began yourself, somebody else has to approve."
    place = {"product": "subject", "warehouse": "warehouse", "available": "available"}
    steps = ({"draftPurchase": place}, {"approvePurchase": {"purchase": "purchase"}})
    saved = await processes.save("Order at will", {"event": "commerce: stock.moved", "when": "on_hand > 0"}, *steps)
    assert saved["problem"] is None
    bed = await shop.product("Bed", stock={"BER": 50})
    await supply.price(supplier, bed, "900000.00")
    await supply.point(supplier, bed, warehouse, 60, 5)
    moved: dict[str, Any] = {
        "warehouse": str(warehouse),
        "kind": "adjusted",
        "on_hand": 1,
        "reserved": 0,
        "available": 51,
    }
    await processes.tell("stock.moved", bed, **moved)
    errors = [run["error"] for run in await processes.until("FAILED", "FAILED")]
    assert errors == ["This is more than you may approve; leave it to somebody who may approve more.", run["error"]]
    orders = await company.database.rows(sa.select(PURCHASE_ORDERS))
    assert [(order.status, order.approved_by) for order in orders] == [("draft", None)] * 2
