"""Sample data of enterprise that stands by itself: who works here."""

from collections.abc import Callable

import sqlalchemy as sa

from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import DEPARTMENTS, EMPLOYEES
from datasources.ids import uuid7

Progress = Callable[[str, float], None]
_DEPARTMENTS = {
    "Management": None,
    "Sales": "Management",
    "Support": "Sales",
    "Purchasing": "Management",
    "Accounts": "Management",
}
_STAFF = {
    "director": ("Dora Rex", "admin", "Management", "Management", 1_000_000_00),
    "manager": ("Max Nager", "manager", "Sales", "Sales", 20_000_00),
    "sales": ("Sally Salieri", "sales", "Sales", None, 0),
    "rep": ("Rene Porter", "sales", "Sales", None, 0),
    "agent": ("Agnes Ent", "support", "Support", None, 0),
    "buyer": ("Byron Kaufmann", "buyer", "Purchasing", None, 0),
    "controller": ("Conny Troller", "accountant", "Accounts", None, 0),
}


async def fill_own(
    sources: EnterpriseSources,
    *,
    scale: float = 1.0,
    sandbox_url: str | None = None,
    progress: Progress = lambda what, done: None,
) -> bool:
    """Departments and staff; False where there is somebody. Raises: SourceError."""
    if await sources.database.scalar(sa.select(sa.exists(sa.select(EMPLOYEES.c.id)))):
        return False
    now = sources.clock()
    ids = {name: uuid7(now) for name in _DEPARTMENTS}
    departments = [
        {"id": ids[name], "name": name, "parent_id": parent and ids[parent]} for name, parent in _DEPARTMENTS.items()
    ]
    staff = [
        {
            "id": uuid7(now),
            "email_index": sources.email_index.of(f"{who}@example.com"),
            "name": name,
            "role": role,
            "department_id": ids[department],
            "leads_id": leads and ids[leads],
            "approves_minor": approves_minor,
            "joined_at": now,
            "left_at": None,
        }
        for who, (name, role, department, leads, approves_minor) in _STAFF.items()
    ]

    def write(connection: sa.Connection) -> None:
        connection.execute(sa.insert(DEPARTMENTS), departments)
        connection.execute(sa.insert(EMPLOYEES), staff)

    await sources.database.in_one_thread(write)
    return True
