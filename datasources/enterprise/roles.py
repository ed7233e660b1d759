"""What each role of the staff may do: the scopes of their tokens. Rows are picked by `policies.py`."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    SALES = "sales"
    SUPPORT = "support"
    BUYER = "buyer"
    ACCOUNTANT = "accountant"
    MANAGER = "manager"
    ADMIN = "admin"


_OF_ALL = "staff:read crm:read"
SCOPES: Mapping[Role, frozenset[str]] = {
    role: frozenset(f"{_OF_ALL} {scopes}".split())
    for role, scopes in {
        Role.SALES: "crm:write pipeline:read pipeline:write tickets:read customers:read orders:read",
        Role.SUPPORT: "tickets:read tickets:write customers:read orders:read",
        Role.BUYER: "supply:read supply:write approvals:read inventory:read orders:read analytics:read",
        Role.ACCOUNTANT: "supply:read invoices:read invoices:write approvals:read changes:read orders:read "
        "customers:read books:read",
        Role.MANAGER: "crm:write pipeline:read pipeline:write tickets:read tickets:write supply:read invoices:read "
        "approvals:read approvals:decide changes:read runs:read customers:read orders:read inventory:read "
        "analytics:read",
        Role.ADMIN: "staff:write crm:write pipeline:read pipeline:write pipeline:all tickets:read tickets:write "
        "supply:read supply:write invoices:read invoices:write approvals:read approvals:all approvals:decide "
        "changes:read workflows:read workflows:write runs:read runs:write customers:read orders:read inventory:read "
        "analytics:read books:read events:read",
    }.items()
}
