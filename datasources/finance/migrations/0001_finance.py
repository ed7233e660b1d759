"""The tables of finance as they were born, and the triggers that keep the books."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from datasources.migrations.bookkeeping import create_bookkeeping
from datasources.sql import JSON, UtcDateTime

revision = "0001"
down_revision = None

APPEND_ONLY = ("closings", "entries", "lines", "decisions", "rates", "audit")
FIRST_HASH = "0" * 64


def upgrade() -> None:
    """Area by area, each after those that it refers to."""
    create_bookkeeping()
    _staff()
    _accounts()
    _ledger()
    _transfers()
    _compliance()
    _audit()
    if op.get_bind().dialect.name == "postgresql":
        _on_postgresql()
    else:
        _on_sqlite()


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("email_index", sa.LargeBinary(), unique=True),
        _always("name", sa.String(120)),
        _always("scopes", sa.String()),
    )


def _accounts() -> None:
    op.create_table(
        "holders",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("level", sa.String(16)),
        _always("screening", sa.String(16)),
        _always("sealed_name", sa.LargeBinary()),
        _always("created_at", UtcDateTime()),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("number", sa.String(20), unique=True),
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("holders.id")),
        _always("kind", sa.String(16)),
        _always("currency", sa.String(3)),
        sa.Column("floor_minor", sa.BigInteger()),
        sa.Column("daily_limit_minor", sa.BigInteger()),
        _always("booked_minor", sa.BigInteger()),
        _always("held_minor", sa.BigInteger()),
        _always("lines", sa.BigInteger()),
        _always("opened_at", UtcDateTime()),
        sa.UniqueConstraint("id", "currency", name="uq_accounts_currency"),
        sa.CheckConstraint("held_minor >= 0", name="held_not_negative"),
        sa.CheckConstraint("(owner_id IS NULL) = (kind <> 'wallet')", name="wallets_have_owners"),
        sa.CheckConstraint("owner_id IS NULL OR floor_minor IS NOT NULL", name="wallets_have_a_floor"),
        sa.CheckConstraint("floor_minor IS NULL OR booked_minor - held_minor >= floor_minor", name="above_the_floor"),
    )
    op.create_index("ix_accounts_owner", "accounts", ["owner_id", "opened_at", "id"])
    op.create_index("ix_accounts_opened", "accounts", ["opened_at", "id"])
    of_the_house = sa.text("owner_id IS NULL")
    op.create_index(
        "ix_accounts_house",
        "accounts",
        ["kind", "currency"],
        unique=True,
        sqlite_where=of_the_house,
        postgresql_where=of_the_house,
    )


def _ledger() -> None:
    op.create_table("closings", sa.Column("entry_id", sa.Uuid(), primary_key=True))
    op.create_table(
        "entries",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("kind", sa.String(16)),
        _always("text", sa.String(200)),
        sa.Column("order_id", sa.Uuid(), index=True),
        sa.Column("source", sa.String(100), unique=True),
        sa.Column("reverses_id", sa.Uuid(), sa.ForeignKey("entries.id"), unique=True),
        _always("actor_id", sa.Uuid()),
        _always("at", UtcDateTime()),
        sa.ForeignKeyConstraint(["id"], ["closings.entry_id"], name="closed", deferrable=True, initially="DEFERRED"),
    )
    op.create_index("ix_entries_at", "entries", ["at", "id"])
    op.create_table(
        "lines",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("entry_id", sa.Uuid(), sa.ForeignKey("entries.id")),
        _always("account_id", sa.Uuid()),
        _always("currency", sa.String(3)),
        _always("number", sa.BigInteger()),
        _always("amount_minor", sa.BigInteger()),
        _always("balance_minor", sa.BigInteger()),
        sa.ForeignKeyConstraint(["account_id", "currency"], ["accounts.id", "accounts.currency"]),
        sa.UniqueConstraint("entry_id", "account_id"),
        sa.UniqueConstraint("account_id", "number"),
        sa.CheckConstraint("amount_minor <> 0", name="lines_say_something"),
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("account_id", sa.Uuid()),
        _always("currency", sa.String(3)),
        _always("amount_minor", sa.BigInteger()),
        _always("status", sa.String(16)),
        _always("text", sa.String(200)),
        _always("created_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["account_id", "currency"], ["accounts.id", "accounts.currency"]),
        sa.CheckConstraint("amount_minor > 0", name="holds_hold_something"),
    )
    op.create_index("ix_holds_account", "holds", ["account_id", "created_at", "id"])


def _transfers() -> None:
    op.create_table(
        "quotes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("owner_id", sa.Uuid()),
        _always("currency", sa.String(3)),
        _always("to_currency", sa.String(3)),
        _always("rate", sa.String(24)),
        _always("expires_at", UtcDateTime(), index=True),
        sa.Column("used_at", UtcDateTime()),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("kind", sa.String(16)),
        _always("status", sa.String(16)),
        _always("from_account_id", sa.Uuid(), sa.ForeignKey("accounts.id")),
        sa.Column("from_owner_id", sa.Uuid()),
        _always("to_account_id", sa.Uuid(), sa.ForeignKey("accounts.id")),
        sa.Column("to_owner_id", sa.Uuid()),
        _always("amount_minor", sa.BigInteger()),
        _always("currency", sa.String(3)),
        _always("to_amount_minor", sa.BigInteger()),
        _always("to_currency", sa.String(3)),
        _always("base_minor", sa.BigInteger()),
        sa.Column("quote_id", sa.Uuid(), sa.ForeignKey("quotes.id"), unique=True),
        sa.Column("entry_id", sa.Uuid(), sa.ForeignKey("entries.id"), unique=True),
        sa.Column("hold_id", sa.Uuid(), sa.ForeignKey("holds.id"), unique=True),
        _always("text", sa.String(200)),
        _always("actor_id", sa.Uuid()),
        _always("created_at", UtcDateTime()),
        _always("updated_at", UtcDateTime()),
        sa.CheckConstraint("(status IN ('posted', 'reversed')) = (entry_id IS NOT NULL)", name="posted_by_an_entry"),
    )
    op.create_index("ix_transfers_created", "transfers", ["created_at", "id"])
    op.create_index("ix_transfers_from", "transfers", ["from_owner_id", "created_at", "id"])
    op.create_index("ix_transfers_to", "transfers", ["to_owner_id", "created_at", "id"])
    op.create_index("ix_transfers_status", "transfers", ["status", "created_at"])


def _compliance() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("transfer_id", sa.Uuid(), sa.ForeignKey("transfers.id"), unique=True),
        _always("holder_id", sa.Uuid(), sa.ForeignKey("holders.id"), index=True),
        _always("status", sa.String(16)),
        _always("reasons", JSON),
        _always("opened_at", UtcDateTime()),
        _always("updated_at", UtcDateTime()),
    )
    op.create_index("ix_cases_opened", "cases", ["opened_at", "id"])
    op.create_table(
        "decisions",
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("officer_id", sa.Uuid(), primary_key=True),
        _always("verdict", sa.String(16)),
        _always("note", sa.String(500)),
        _always("at", UtcDateTime()),
    )
    op.create_table(
        "rates",
        sa.Column("currency", sa.String(3), primary_key=True),
        sa.Column("at", UtcDateTime(), primary_key=True),
        _always("day", sa.String(10)),
        _always("rate_nano", sa.BigInteger()),
        sa.CheckConstraint("rate_nano > 0", name="rates_positive"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        _always("at", UtcDateTime()),
        _always("actor_id", sa.Uuid()),
        _always("action", sa.String(40)),
        _always("subject", sa.String(80), index=True),
        _always("data", JSON),
        _always("hash", sa.String(64)),
    )
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), primary_key=True),
        _always("number", sa.BigInteger()),
        _always("hash", sa.String(64)),
        sa.CheckConstraint("id = 1", name="one_head"),
    )
    op.bulk_insert(head, [{"id": 1, "number": 0, "hash": FIRST_HASH}])


def _always(name: str, type: Any, *more: Any, **options: Any) -> sa.Column[Any]:
    """A column that is never null."""
    return sa.Column(name, type, *more, nullable=False, **options)


CLOSED = "EXISTS (SELECT 1 FROM closings WHERE entry_id = NEW.entry_id)"
UNBALANCED = """(SELECT count(*) FROM lines WHERE entry_id = NEW.entry_id) < 2 OR EXISTS (
    SELECT 1 FROM lines WHERE entry_id = NEW.entry_id GROUP BY currency HAVING sum(amount_minor) <> 0)"""
UNEXPLAINED = """NOT EXISTS (SELECT 1 FROM lines WHERE account_id = NEW.id AND number = NEW.lines
    AND balance_minor = NEW.booked_minor AND NEW.lines = OLD.lines + 1
    AND amount_minor = NEW.booked_minor - OLD.booked_minor)"""
UNHELD = """NEW.held_minor <> (SELECT coalesce(sum(amount_minor), 0) FROM holds
    WHERE account_id = NEW.id AND status = 'held')"""
ENDED = """OLD.status <> 'held' OR NEW.id <> OLD.id OR NEW.account_id <> OLD.account_id
    OR NEW.currency <> OLD.currency OR NEW.amount_minor <> OLD.amount_minor"""
OPENED_WITH = "NEW.booked_minor <> 0 OR NEW.held_minor <> 0 OR NEW.lines <> 0"
MOVED = "NEW.id <> OLD.id OR NEW.currency <> OLD.currency"
BOOK = "UPDATE accounts SET booked_minor = NEW.balance_minor, lines = NEW.number WHERE id = NEW.account_id;"
HOLD = "UPDATE accounts SET held_minor = held_minor + NEW.amount_minor WHERE id = NEW.account_id;"
LET_GO = "UPDATE accounts SET held_minor = held_minor - OLD.amount_minor WHERE id = OLD.account_id;"

TRIGGERS: tuple[tuple[str, str, str, str, str], ...] = (
    ("line_opened", "BEFORE INSERT ON lines", CLOSED, "the entry is closed", ""),
    ("line_booked", "AFTER INSERT ON lines", "", "", BOOK),
    ("entry_closed", "BEFORE INSERT ON closings", UNBALANCED, "the entry does not sum to zero", ""),
    ("account_opened", "BEFORE INSERT ON accounts", OPENED_WITH, "an account begins with nothing", ""),
    ("account_kept", "BEFORE UPDATE OF id, currency ON accounts", MOVED, "an account keeps its currency", ""),
    (
        "account_booked",
        "AFTER UPDATE OF booked_minor, lines ON accounts",
        UNEXPLAINED,
        "a balance follows from the line before and the line after",
        "",
    ),
    ("account_held", "AFTER UPDATE OF held_minor ON accounts", UNHELD, "what is held are the holds", ""),
    ("hold_placed", "AFTER INSERT ON holds", "NEW.status <> 'held'", "a hold begins as one", HOLD),
    ("hold_ended", "AFTER UPDATE ON holds", ENDED, "a hold only ends, and once", LET_GO),
)
"""Name, when it fires, what it refuses, the words for that, and what it does."""


def _on_postgresql() -> None:
    run = op.get_bind().exec_driver_sql
    run("ALTER TABLE events ALTER COLUMN transaction SET DEFAULT pg_current_xact_id()::text::bigint")
    for name, when, refused, words, does in TRIGGERS:
        check = f"IF {refused} THEN {_raise(words)} END IF;" if refused else ""
        run(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {check} {does} RETURN NEW; END $$")
        run(f"CREATE TRIGGER {name} {when} FOR EACH ROW EXECUTE FUNCTION {name}()")
    run(f"CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_raise('it is kept as it is')} END $$")
    for table in APPEND_ONLY:
        run(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION kept()"
        )
    run("CREATE TRIGGER holds_kept BEFORE DELETE OR TRUNCATE ON holds FOR EACH STATEMENT EXECUTE FUNCTION kept()")


def _on_sqlite() -> None:
    run = op.get_bind().exec_driver_sql
    for name, when, refused, words, does in TRIGGERS:
        check = f"SELECT RAISE(ABORT, '{words}') WHERE {refused};" if refused else ""
        run(f"CREATE TRIGGER {name} {when} BEGIN {check} {does} END")
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            run(_refused_on_sqlite(table, change))
    run(_refused_on_sqlite("holds", "DELETE"))


def _raise(words: str) -> str:
    return f"RAISE EXCEPTION '{words}' USING ERRCODE = 'check_violation';"


def _refused_on_sqlite(table: str, change: str) -> str:
    return (
        f"CREATE TRIGGER {table}_kept_from_{change.lower()} BEFORE {change} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'it is kept as it is'); END"
    )
