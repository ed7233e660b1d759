"""What was held or waits is ended: posted, held for officers, or given back."""

from uuid import UUID

from datasources.events import NewEvent
from datasources.finance.compliance import ScreeningStatus
from datasources.finance.events import EventType
from datasources.finance.ledger import EntryKind, HoldStatus
from datasources.finance.stores import Finance
from datasources.finance.transfers import TransferStatus
from datasources.sql import Transaction
from datasources.table import Row
from resolvers.finance.rules import Flag


async def settle_waiting(finance: Finance, id: UUID, recipient: ScreeningStatus) -> None:
    """Moves on a transfer whose recipient was screened, if it still waits."""
    async with finance.sources.database.transaction() as transaction:
        transfer = await finance.transfers.hold(transaction, id)
        if transfer is None or transfer.status != TransferStatus.WAITING:
            return
        if recipient is ScreeningStatus.HIT:
            await finance.transfers.advance(transaction, id, TransferStatus.HELD)
            await finance.compliance.open_case(transaction, id, transfer.from_owner_id, [Flag.SCREENING])
            await tell(finance, transaction, EventType.TRANSFER_HELD, id, transfer.from_owner_id)
        else:
            await post_held(finance, transaction, transfer)
        await finance.audit.note(transaction, "settleTransfer", id, screening=recipient)


async def post_held(finance: Finance, transaction: Transaction, transfer: Row) -> None:
    """Posts what a hold kept. The caller holds the transfer, which waits or is held."""
    postings = await postings_of(finance, transaction, transfer)
    await finance.ledger.accounts(transaction, postings)
    await finance.ledger.end_hold(transaction, transfer.hold_id, HoldStatus.CAPTURED)
    entry_id = await finance.ledger.post(transaction, EntryKind(transfer.kind), postings, transfer.text)
    await finance.transfers.advance(transaction, transfer.id, TransferStatus.POSTED, entry_id=entry_id)
    await tell_posted(finance, transaction, transfer.id, transfer.from_owner_id, transfer.to_owner_id)


async def give_back(finance: Finance, transaction: Transaction, transfer: Row) -> None:
    """Rejects what is held. The caller holds the transfer."""
    await finance.ledger.end_hold(transaction, transfer.hold_id, HoldStatus.RELEASED)
    await finance.transfers.advance(transaction, transfer.id, TransferStatus.REJECTED)
    await tell(finance, transaction, EventType.TRANSFER_REJECTED, transfer.id, transfer.from_owner_id)


async def postings_of(finance: Finance, transaction: Transaction, transfer: Row) -> dict[UUID, int]:
    """Between two currencies the house takes one and gives the other."""
    postings = {transfer.from_account_id: -transfer.amount_minor, transfer.to_account_id: transfer.to_amount_minor}
    if transfer.currency != transfer.to_currency:
        sides = ((transfer.currency, transfer.amount_minor), (transfer.to_currency, -transfer.to_amount_minor))
        for currency, minor in sides:
            postings[await finance.ledger.exchange(transaction, currency)] = minor
    return postings


async def tell(finance: Finance, transaction: Transaction, type: EventType, id: UUID, owner_id: UUID | None) -> None:
    await finance.events.append(transaction, type, id, owner=owner_id)


async def tell_posted(
    finance: Finance, transaction: Transaction, id: UUID, from_owner_id: UUID | None, to_owner_id: UUID | None
) -> None:
    """Each side hears of it once."""
    told = [NewEvent(EventType.TRANSFER_POSTED, id, from_owner_id)]
    if to_owner_id not in (None, from_owner_id):
        told.append(NewEvent(EventType.TRANSFER_RECEIVED, id, to_owner_id))
    await finance.events.extend(transaction, told)
