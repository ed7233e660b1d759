"""What all settings are together: none unknown, none in the way of another, none that everybody knows."""

import os
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from dotenv import dotenv_values
from pydantic import SecretStr

from datasources.settings import DOTENV, PREFIX, SettingsPart, WrongSetting, extra_of, read, variable


def check(parts: Iterable[type[SettingsPart]]) -> None:
    """Looks at all that is set for these parts. Raises: WrongSetting that tells of everything at once."""
    parts = list(parts)
    wrong = list(_unknown(parts))
    databases: dict[str, str] = {}
    for part in parts:
        try:
            wrong += _shared(read(part), databases)
        except WrongSetting as error:
            wrong += str(error).splitlines()
    if not wrong:
        wrong += _left_behind(databases, read(SettingsPart).env)
    if wrong:
        raise WrongSetting("\n".join(dict.fromkeys(wrong)))  # `env` is in every part


def services_without_address(parts: Iterable[type[SettingsPart]]) -> dict[str, str]:
    """The path of the sandbox's stand-in by the variable that would be set. Raises: WrongSetting."""
    return {
        variable(name): extra["stand_in"]
        for part in parts
        for name, value in read(part)
        if "stand_in" in (extra := extra_of(part.model_fields[name])) and value is None
    }


def known_to_everybody(parts: Iterable[type[SettingsPart]]) -> list[str]:
    """The variables of the secrets that have their value for development, which stands in the repository."""
    return [
        variable(name)
        for part in parts
        for name, value in read(part)
        if isinstance(value, SecretStr)
        and value.get_secret_value() == extra_of(part.model_fields[name]).get("development")
    ]


def _unknown(parts: Iterable[type[SettingsPart]]) -> Iterator[str]:
    known = {name.upper() for part in parts for name in part.model_fields}
    variables = map(str.upper, (*os.environ, *dotenv_values(DOTENV)))
    given = {name.removeprefix(PREFIX) for name in variables if name.startswith(PREFIX)}
    for name in sorted(given - known):
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {PREFIX}{close[0]}?" if close else "README lists all settings, under Settings"
        yield f"{PREFIX}{name} is no setting; {hint}"


def _shared(settings: SettingsPart, seen: dict[str, str]) -> Iterator[str]:
    """Databases that another variable names already, by their addresses in `seen`: each has migrations of its own."""
    for name, value in settings:
        if name.endswith("_database_url") and value and seen.setdefault(value, variable(name)) != variable(name):
            yield f"{variable(name)} is the database of {seen[value]}; write the address of one of its own"


def _left_behind(databases: dict[str, str], env: str) -> Iterator[str]:
    """The database of the house, where it is a file and another is not: other machines would not know what is in it."""
    house = variable("house_database_url")
    elsewhere = [name for url, name in databases.items() if url.startswith("postgresql")]
    if env == "production" and elsewhere and house not in databases.values():
        yield (
            f"{house} is missing, and production needs it beside {elsewhere[0]}: in a file, each machine would know of "
            f"its own revocations only; write for example {house}=postgresql://heddle@localhost/house"
        )
