"""The rights of a person over its data: to have all of it, and to have it erased."""

from typing import Any
from uuid import UUID

from datasources.commerce.errors import ErasureTooEarly
from datasources.commerce.events import EventType
from datasources.commerce.stores import Commerce
from datasources.errors import NotFound
from datasources.sql import Transaction
from resolvers.commerce.customers import get_customer
from resolvers.context import Context


async def export_customer(context: Context, id: UUID) -> dict[str, Any]:
    """Everything held of this customer, as JSON values, with what other domains hold of them, by their names.

    Raises: Unauthenticated, Forbidden for another customer, NotFound.
    """
    _require_self_or_writer(context, id)
    commerce = context.of(Commerce)
    async with commerce.sources.database.transaction() as transaction:
        customer = await commerce.privacy.hold(transaction, id)
        if customer is None:
            raise NotFound("customer")
        dossier = await commerce.privacy.dossier(transaction, customer)
        await commerce.events.append(transaction, EventType.CUSTOMER_EXPORTED, id)
    return dossier | {name: await of(context, id) for name, of in context.dossiers.items()}


async def erase_customer(context: Context, id: UUID, key: str) -> Any:
    """Erases the personal data; orders stay, anonymised. Other domains hear of it, and erase theirs.

    Erasing again changes nothing.

    Raises: Unauthenticated, Forbidden for another customer, NotFound, ErasureTooEarly, KeyReused.
    """
    _require_self_or_writer(context, id)
    commerce = context.of(Commerce)

    async def erase(transaction: Transaction) -> dict[str, str]:
        customer = await commerce.privacy.hold(transaction, id)
        if customer is None:
            raise NotFound("customer")
        if customer.erased_at is None:
            await _refuse_too_early(commerce, transaction, id)
            await commerce.privacy.erase(transaction, id, context.clock())
            await commerce.events.append(transaction, EventType.CUSTOMER_ERASED, id)
        return {"customer": str(id)}

    await commerce.once(key, "eraseCustomer", {"id": id}).do(commerce.sources.database, erase)
    context.loaders.forget()
    return await get_customer(context, id)


async def _refuse_too_early(commerce: Commerce, transaction: Transaction, id: UUID) -> None:
    orders = await commerce.privacy.orders_under_way(transaction, id)
    if orders or await commerce.privacy.has_open_payment(transaction, id):
        raise ErasureTooEarly(orders)


def _require_self_or_writer(context: Context, id: UUID) -> None:
    if context.actor.signed_in != id:
        context.actor.require("customers:write")
