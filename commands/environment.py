"""How commands are configured: their options become the environment."""

import os
from pathlib import Path

from datasources.settings import Settings, variable
from datasources.settings_check import check, services_without_address
from house import PARTS, Own, configured

NOBODY = "http://127.0.0.1:9"
"""The address of services for commands that ask none."""


def set_options(**options: object) -> None:
    """Options become the environment, which says more than `.env`, and which the workers inherit."""
    os.environ.update({variable(name): str(value) for name, value in options.items() if value is not None})


def for_databases_alone(data: Path | None) -> tuple[Settings, Own]:
    """The settings, as far as databases need them. Raises: WrongSetting."""
    set_options(data=data)
    check(PARTS)  # before one part of them is read, so that all that is wrong is told at once
    os.environ.update(dict.fromkeys(services_without_address(PARTS), NOBODY))
    return configured()
