"""`token` and `revoke`: who may ask."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from commands.environment import for_databases_alone
from commands.options import As, Data, Email, Scopes, Subject, Ttl, Undo, Until
from commands.terminal import revocation_of, say
from datasources.house.revocations import RevokedSubjects
from datasources.house.sources import HouseSources
from datasources.settings import OWN_ISSUER, Settings
from gateway.identity import Tokens, person_of
from gateway.processes import CannotStart
from house import LEARN_EVERY_S, SAMPLES, Own, opened, person_with

NOT_HERE = "This is for development; in production, whoever knows the people issues their tokens"
NO_DATA = "There is no directory '{}'; run 'uv run server.py' once, or name another"


def token(*, as_: As, scope: Scopes = None, ttl: Ttl = timedelta(hours=1), data: Data = None) -> None:
    """Prints a token for development; the gateway need not run."""
    settings, own = for_databases_alone(data)
    if settings.env == "production":
        raise CannotStart(NOT_HERE)
    if not settings.data.is_dir():
        raise CannotStart(NO_DATA.format(settings.data))
    say(asyncio.run(_issued(settings, own, as_, scope, ttl)))


def revoke(
    *, email: Email = None, subject: Subject = None, until: Until = None, undo: Undo = False, data: Data = None
) -> None:
    """Signs somebody out everywhere, also of what they listen to: they need a new token then.

    It may run beside a gateway that serves, on any machine that reaches the database of the house.
    """
    if (email is None) == (subject is None):
        raise CannotStart("Say whose tokens: --as EMAIL, or --subject ID")
    settings, own = for_databases_alone(data)
    if settings.house_database_url is None and not settings.data.is_dir():
        raise CannotStart(NO_DATA.format(settings.data))
    say(asyncio.run(_revoked(settings, own, email, subject, until, undo)))


async def token_of(
    sources: Mapping[type, Any], settings: Settings, email: str, scopes: Iterable[str] | None, ttl: timedelta
) -> str:
    """For the person with this address, with these scopes or their own. Raises: CannotStart where there is nobody."""
    person = await person_with(sources, email)
    if person is None:
        known = [one for _, sample in SAMPLES for one in sample.people if await person_with(sources, one)]
        remedy = f"these do: {', '.join(known)}" if known else "run 'uv run server.py' once to have sample people"
        raise CannotStart(f"Nobody has the address '{email}'; {remedy}")
    return Tokens.configured(settings).issue(person.signed_in, scopes or person.scopes, int(ttl.total_seconds()))


async def _issued(settings: Settings, own: Own, email: str, scopes: Iterable[str] | None, ttl: timedelta) -> str:
    async with opened(settings, own) as sources:
        return await token_of(sources, settings, email, scopes, ttl)


async def _revoked(
    settings: Settings, own: Own, email: str | None, subject: str | None, until: datetime | None, undo: bool
) -> str:
    """What to say of it."""
    who = email or subject or ""
    async with opened(settings, own) as sources:
        if email is None:
            id = person_of(settings.token_issuer or OWN_ISSUER, who)
        elif person := await person_with(sources, email):
            id = person.signed_in
        else:
            raise CannotStart(f"Nobody has the address '{who}'; name them by --subject")
        revoked = RevokedSubjects(sources[HouseSources])
        if not undo:
            before = until and until.replace(tzinfo=until.tzinfo or UTC).astimezone(UTC)
            return revocation_of(who, await revoked.revoke(id, before), LEARN_EVERY_S)
        if await revoked.restore(id):
            return f"Within {LEARN_EVERY_S:g} seconds tokens of '{who}' are taken again, those that have not expired."
    raise CannotStart(f"Nothing of '{who}' is revoked")
