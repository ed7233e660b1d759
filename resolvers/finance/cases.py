"""What officers do: they say how well a person is known, and decide on cases, two of them where money goes on."""

from typing import Any
from uuid import UUID

from datasources.errors import NotFound
from datasources.finance.compliance import CaseStatus, Level, ScreeningStatus, Verdict
from datasources.finance.errors import FourEyes
from datasources.finance.stores import Finance
from datasources.finance.transfers import TransferStatus
from datasources.sql import Transaction
from loaders.finance import FinanceLoaders
from resolvers.context import Context
from resolvers.finance.settling import give_back, post_held
from resolvers.text import plain

MAX_NOTE = 500


async def decide_case(context: Context, id: UUID, verdict: Verdict, note: str, key: str) -> Any:
    """Says what the actor thinks of a case; two officers release its money, one gives it back.

    Raises: Forbidden, InvalidInput, NotFound, CaseClosed, FourEyes, KeyReused.
    """
    context.actor.require("cases:write")
    finance = context.of(Finance)
    note = plain(note, "note", MAX_NOTE)

    async def decide(transaction: Transaction) -> bool:
        case = await finance.compliance.decide(transaction, id, verdict, note)
        if case is None:
            raise NotFound("case")
        transfer = await finance.transfers.hold(transaction, case.transfer_id)
        if transfer is None or context.actor.id in (transfer.from_owner_id, transfer.to_owner_id, transfer.actor_id):
            raise FourEyes
        if transfer.status == TransferStatus.HELD:
            if case.status == CaseStatus.RELEASED:
                await post_held(finance, transaction, transfer)
            elif case.status == CaseStatus.REJECTED:
                await give_back(finance, transaction, transfer)
        await finance.audit.note(transaction, "decideCase", id, verdict=verdict, status=case.status)
        return True

    request = {"case": id, "verdict": verdict, "note": note}
    await finance.once(key, "decideCase", request).do(finance.sources.database, decide)
    return await context.fresh(FinanceLoaders.case_by_id, id)


async def verify_holder(context: Context, id: UUID, level: Level, screening: ScreeningStatus | None, key: str) -> Any:
    """Says how well a person is known, which bounds what they may send; and, with `screening`, whether it is the one on
    the list, where an officer has looked. Nobody says it of themselves.

    Raises: Forbidden, NotFound, FourEyes, KeyReused.
    """
    context.actor.require("cases:write")
    if id == context.actor.id:
        raise FourEyes
    finance = context.of(Finance)

    async def change(transaction: Transaction) -> bool:
        found = {"level": level} | ({"screening": screening} if screening else {})
        if not await finance.compliance.change_holder(transaction, id, **found):
            raise NotFound("holder")
        await finance.audit.note(transaction, "verifyHolder", id, **found)
        return True

    request = {"holder": id, "level": level, "screening": screening}
    await finance.once(key, "verifyHolder", request).do(finance.sources.database, change)
    return await context.fresh(FinanceLoaders.holder_by_id, id)
