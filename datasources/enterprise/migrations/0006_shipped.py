"""The workflows that every company begins with: on, for what happens from now on, and to be changed like any other."""

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from datasources.sql import JSON, UtcDateTime

revision = "0006"
down_revision = "0005"

_BIG = 'amount_minor >= 100000 and (currency = "EUR" or currency = "USD" or currency = "GBP" or currency = "CHF")'
_SHORT = "(on_hand < 0 or reserved > 0) and available <= 100"
_MUCH = 'purchase_minor > 100000 or purchase_currency != "EUR"'
_ENDS = ["enterprise: invoice.paid", "enterprise: invoice.cancelled"]
_WEEK = 7 * 24 * 60

SHIPPED = {
    "What runs short is ordered": {
        "trigger": {"kind": "event", "event": "commerce: stock.moved", "when": _SHORT, "until": []},
        "steps": [
            {
                "does": {
                    "kind": "draft_purchase",
                    "product": "subject",
                    "warehouse": "warehouse",
                    "available": "available",
                },
                "when": None,
            },
            {
                "does": {
                    "kind": "ask_approval",
                    "text": "Buy what runs short?",
                    "subject": "purchase",
                    "amount": "purchase_minor",
                    "currency": "purchase_currency",
                },
                "when": _MUCH,
            },
            {"does": {"kind": "approve_purchase", "purchase": "purchase"}, "when": None},
        ],
    },
    "A big order is looked after": {
        "trigger": {"kind": "event", "event": "commerce: order.shipped", "when": _BIG, "until": []},
        "steps": [
            {
                "does": {
                    "kind": "open_activity",
                    "text": "Thank them for a big order, and ask whether all is well",
                    "customer": "owner",
                    "order": "subject",
                    "assignee": "account_owner",
                    "due_days": 2,
                },
                "when": None,
            }
        ],
    },
    "An overdue invoice escalates": {
        "trigger": {
            "kind": "event",
            "event": "enterprise: invoice.overdue",
            "when": 'direction = "receivable"',
            "until": _ENDS,
        },
        "steps": [
            {
                "does": {
                    "kind": "open_activity",
                    "text": "An invoice to this customer is overdue: remind them",
                    "customer": "owner",
                    "order": None,
                    "assignee": "manager",
                    "due_days": 2,
                },
                "when": None,
            },
            {"does": {"kind": "wait", "minutes": _WEEK}, "when": None},
            {
                "does": {
                    "kind": "open_activity",
                    "text": "An invoice to this customer is overdue for a week: decide what is done",
                    "customer": "owner",
                    "order": None,
                    "assignee": "director",
                    "due_days": 2,
                },
                "when": None,
            },
        ],
    },
    "A failed payment opens a ticket": {
        "trigger": {
            "kind": "event",
            "event": "commerce: order.payment_failed",
            "when": 'reason != "no_such_method"',
            "until": [],
        },
        "steps": [
            {
                "does": {
                    "kind": "open_ticket",
                    "text": "A payment failed: help them to pay",
                    "customer": "owner",
                    "order": "subject",
                },
                "when": None,
            }
        ],
    },
}


def upgrade() -> None:
    workflows = sa.table(
        "workflows",
        sa.column("id", sa.Uuid()),
        sa.column("name"),
        sa.column("active", sa.Boolean()),
        sa.column("version"),
        sa.column("since", UtcDateTime()),
    )
    versions = sa.table(
        "workflow_versions",
        sa.column("workflow_id", sa.Uuid()),
        sa.column("version"),
        sa.column("definition", JSON),
        sa.column("actor_id", sa.Uuid()),
        sa.column("at", UtcDateTime()),
    )
    now = datetime.now(UTC)
    for number, (name, definition) in enumerate(SHIPPED.items(), start=1):
        id = UUID(int=(7 << 76) + (2 << 62) + number)  # of version 7, as others, and the same everywhere
        op.bulk_insert(workflows, [{"id": id, "name": name, "active": True, "version": 1, "since": now}])
        first = {"workflow_id": id, "version": 1, "definition": definition, "actor_id": UUID(int=0), "at": now}
        op.bulk_insert(versions, [first])
