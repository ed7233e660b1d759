"""What the accountant does with invoices, a wish in a line, through the graph."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.tables import EVENTS
from schema.node import global_id
from tests.enterprise.company import Company

OF_INVOICE = """invoice { id number status overdue total { amount currency } tax { amount } issuedOn dueOn paidOn }
  problem { code } } }"""
DRAFT = f"mutation ($input: DraftInvoiceInput!) {{ done: draftInvoice(input: $input) {{ {OF_INVOICE}"
ORDER = f"mutation ($input: InvoiceOrderInput!) {{ done: invoiceOrder(input: $input) {{ {OF_INVOICE}"
ENTER = f"mutation ($input: EnterInvoiceInput!) {{ done: enterInvoice(input: $input) {{ {OF_INVOICE}"
CHANGE = f"mutation ($input: ChangeInvoiceInput!) {{ done: changeInvoice(input: $input) {{ {OF_INVOICE}"
APPROVE = f"mutation ($input: InvoiceInput!) {{ done: approveInvoice(input: $input) {{ {OF_INVOICE}"
ISSUE = f"mutation ($input: InvoiceInput!) {{ done: issueInvoice(input: $input) {{ {OF_INVOICE}"
PAY = f"mutation ($input: PayInvoiceInput!) {{ done: payInvoice(input: $input) {{ {OF_INVOICE}"
CANCEL = f"mutation ($input: InvoiceInput!) {{ done: cancelInvoice(input: $input) {{ {OF_INVOICE}"


def line(amount: str, quantity: int = 1, tax_bps: int = 1900, currency: str = "EUR") -> dict[str, Any]:
    return {
        "text": "Advice",
        "quantity": quantity,
        "unitPrice": {"amount": amount, "currency": currency},
        "taxBps": tax_bps,
    }


class Desk:
    def __init__(self, company: Company) -> None:
        self.company = company

    def day(self, later: int = 0) -> str:
        return str(self.company.clock().date() + timedelta(later))

    async def draft(self, customer: Actor, *lines: dict[str, Any]) -> Any:
        id = global_id("Customer", customer.signed_in)
        controller = self.company.controller
        return await self.company.do(DRAFT, controller, customerId=id, dueOn=self.day(14), lines=[*lines])

    async def enter(self, number: str, *lines: dict[str, Any], supplier: str, **more: Any) -> Any:
        stands = {"number": number, "issuedOn": self.day(-1), "dueOn": self.day(14), "lines": [*lines], **more}
        return await self.company.do(ENTER, self.company.controller, supplierId=supplier, **stands)

    async def move(self, mutation: str, invoice: Any, actor: Actor | None = None, **more: Any) -> Any:
        return await self.company.do(mutation, actor or self.company.controller, invoiceId=invoice["id"], **more)

    async def events(self, type: str) -> list[Any]:
        rows = await self.company.database.rows(sa.select(EVENTS.c.data).where(EVENTS.c.type == type))
        return [row.data for row in rows]
