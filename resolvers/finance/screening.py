"""Whether a person may be given money: asked of the screening service, and asked again for those who wait."""

from datasources.errors import SourceError
from datasources.finance.compliance import ScreeningStatus
from datasources.finance.screening import MOST_AT_ONCE
from datasources.finance.stores import Finance
from resolvers.context import Context
from resolvers.finance import settling


async def screened(finance: Finance, name: str) -> ScreeningStatus:
    """What the service says of this name; WAITING where it says nothing."""
    (hit,) = await finance.screening.hits([name])
    return _told(hit)


async def screen_waiting(context: Context) -> None:
    """Asks again for all who wait, and moves on what waits for them. May run anywhere, several times at once."""
    finance = context.of(Finance)
    waiting = await finance.compliance.waiting(MOST_AT_ONCE)
    if waiting:
        hits = await finance.screening.hits([finance.compliance.name_of(holder) for holder in waiting])
        for holder, hit in zip(waiting, hits, strict=True):
            told = _told(hit)
            if told is not ScreeningStatus.WAITING:
                async with finance.sources.database.transaction() as transaction:
                    await finance.compliance.change_holder(transaction, holder.id, screening=told)
                    await finance.audit.note(transaction, "screened", holder.id, screening=told)
    for transfer in await finance.transfers.waiting(MOST_AT_ONCE):
        recipient = await finance.compliance.get(transfer.to_owner_id)
        if recipient is None:
            continue
        told = await screened(finance, finance.compliance.name_of(recipient))
        if told is not ScreeningStatus.WAITING:
            await settling.settle_waiting(finance, transfer.id, told)


def _told(hit: bool | SourceError) -> ScreeningStatus:
    if isinstance(hit, SourceError):
        return ScreeningStatus.WAITING
    return ScreeningStatus.HIT if hit else ScreeningStatus.CLEAR
