"""Crm for tests: each wish in one line, through the graph; each gives an id, or with `whole` the payload."""

from typing import Any

from datasources.actor import Actor
from tests.enterprise.company import Company

_PROBLEM = "problem { code message ... on InputProblem { field } }"


def _mutation(name: str, result: str) -> str:
    input = f"{name[0].upper()}{name[1:]}Input"
    return f"mutation ($input: {input}!) {{ done: {name}(input: $input) {{ {result} {_PROBLEM} }} }}"


COMPANY = _mutation("createCompany", "record: company { id }")
CONTACT = _mutation("createContact", "record: contact { id }")
CHANGE_CONTACT = _mutation("changeContact", "record: contact { id name email }")
LINK = _mutation("linkContact", "record: contact { id customer { id } }")
OPPORTUNITY = _mutation("createOpportunity", "record: opportunity { id }")
MOVE = _mutation("changeOpportunity", "record: opportunity { id stage probability version owner { name } }")
ACTIVITY = _mutation("createActivity", "record: activity { id }")
DO = _mutation("changeActivity", "record: activity { id doneAt }")
TICKET = _mutation("openTicket", "record: ticket { id }")
WORK = _mutation("changeTicket", "record: ticket { id status assignee { name } comments { text author { name } } }")


class Crm:
    def __init__(self, company: Company) -> None:
        self.of = company

    async def _made(self, mutation: str, actor: Actor, **input: Any) -> str:
        done = await self.of.do(mutation, actor, **input)
        assert done["problem"] is None, done
        return str(done["record"]["id"])

    async def company(self, name: str = "Aldgate Interiors", **more: Any) -> str:
        return await self._made(COMPANY, self.of.manager, name=name, **more)

    async def contact(self, name: str = "Ada Byron", **more: Any) -> str:
        return await self._made(CONTACT, self.of.manager, name=name, **more)

    async def linked(self, contact: str, customer: str) -> str:
        return await self._made(LINK, self.of.manager, contactId=contact, customerId=customer)

    async def opportunity(
        self,
        actor: Actor,
        contact: str,
        amount: str = "1000.00",
        closes_on: str = "2026-03-20",
        *,
        currency: str = "EUR",
        **more: Any,
    ) -> str:
        what = {"title": "A new reception", "amount": {"amount": amount, "currency": currency}, "closesOn": closes_on}
        return await self._made(OPPORTUNITY, actor, contactId=contact, **what | more)

    async def activity(self, actor: Actor, subject: str = "Ask how it went", **more: Any) -> str:
        what = {"kind": "CALL", "subject": subject, "dueAt": "2026-03-03T09:00:00Z"}
        return await self._made(ACTIVITY, actor, **what | more)

    async def ticket(self, actor: Actor, subject: str = "Where is my parcel?", **more: Any) -> str:
        return await self._made(TICKET, actor, subject=subject, text="It should be here.", **more)
