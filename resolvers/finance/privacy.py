"""What is held of a person. It is told on demand; books and audit log are kept, as the law has it."""

from typing import Any
from uuid import UUID

from datasources.finance.stores import Finance
from datasources.money import written
from resolvers.context import Context


async def export(context: Context, id: UUID) -> dict[str, Any] | None:
    """Everything held of this person, as JSON values; None where that is nothing. The caller may export them."""
    finance = context.of(Finance)
    holder = await finance.compliance.get(id)
    if holder is None:
        return None
    async with finance.sources.database.transaction() as transaction:
        accounts = await finance.books.all_of(transaction, id)
        transfers = await finance.transfers.all_of(transaction, id)
        await finance.audit.note(transaction, "export", id)
    return {
        "name": finance.compliance.name_of(holder),
        "identity_level": holder.level,
        "since": holder.created_at.isoformat(),
        "accounts": [
            {"number": one.number, "currency": one.currency, "booked": written(one.booked_minor, one.currency)}
            for one in accounts
        ],
        "transfers": [
            {
                "at": one.created_at.isoformat(),
                "kind": one.kind,
                "status": one.status,
                "amount": written(one.amount_minor, one.currency),
                "currency": one.currency,
                "sent": one.from_owner_id == id,
                "text": one.text,
            }
            for one in transfers
        ],
    }
