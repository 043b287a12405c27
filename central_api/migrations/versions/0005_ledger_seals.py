"""Seals of the ledger (a hash chain per store), what an entry reverses, and the last ways around "it only grows"."""

import sqlalchemy as sa
from alembic import op

from central_api.db import BigId

revision = "0005_ledger_seals"
down_revision = "0004_enrol_guesses"
branch_labels = None
depends_on = None

ONLY_GROWS = "only grows: write a new row that corrects the old one"  # the words of 0001
LOT_KEEPS = "lots keep what they were made with: only what is left changes"
LOT_FACTS = '"id", "member", "entry", "earned_at", "expires", "earned"'
KEYS = {
    "ledger_entries": "id = NEW.id OR reference = NEW.reference",
    "ledger_postings": "id = NEW.id",
    "lot_uses": "id = NEW.id",
    "lots": "id = NEW.id",
    "ledger_seals": "(store = NEW.store AND sequence = NEW.sequence) OR entry = NEW.entry",
}
"""When a new row would take the place of an old one."""


def upgrade() -> None:
    op.add_column("ledger_entries", sa.Column("reverses", sa.String(length=64), nullable=True))
    reversing = sa.text("reverses IS NOT NULL")
    op.create_index(
        "ix_ledger_entries_reverses",
        "ledger_entries",
        ["reverses"],
        postgresql_where=reversing,
        sqlite_where=reversing,
    )
    op.create_index("ix_lots_entry", "lots", ["entry"])
    op.create_table(
        "ledger_seals",
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.CheckConstraint("sequence > 0", name="sequence"),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"], name="fk_ledger_seals_entry_ledger_entries"),
        sa.PrimaryKeyConstraint("store", "sequence", name="pk_ledger_seals"),
        sa.UniqueConstraint("entry", name="uq_ledger_seals_entry"),
    )
    op.create_table(
        "ledger_unsealed",
        sa.Column("arrival", BigId, nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("arrival", name="pk_ledger_unsealed"),
        sa.UniqueConstraint("entry", name="uq_ledger_unsealed_entry"),
    )
    # What was booked before there were seals arrives in the order of its instants.
    op.execute('INSERT INTO ledger_unsealed (entry, store) SELECT id, store FROM ledger_entries ORDER BY "at", id')
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in KEYS:
            op.execute(f"DROP TRIGGER {table}_no_replace")
        for name in ("lots_no_update", "lots_no_delete", "ledger_entries_unsealed"):
            op.execute(f"DROP TRIGGER {name}")
    else:
        op.execute("DROP TRIGGER ledger_entries_unsealed ON ledger_entries")
        op.execute("DROP TRIGGER lots_no_update ON lots")
        op.execute("DROP TRIGGER lots_no_delete ON lots")
        op.execute("DROP FUNCTION club_unsealed()")
        op.execute("DROP FUNCTION club_lot_keeps()")
    op.drop_table("ledger_unsealed")
    op.drop_table("ledger_seals")
    op.drop_index("ix_lots_entry", "lots")
    op.drop_index("ix_ledger_entries_reverses", "ledger_entries")
    op.drop_column("ledger_entries", "reverses")


def _guard_sqlite() -> None:
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER ledger_seals_no_{act.lower()} BEFORE {act} ON ledger_seals "
            f"BEGIN SELECT RAISE(ABORT, 'ledger_seals {ONLY_GROWS}'); END"
        )
    op.execute(
        f"CREATE TRIGGER lots_no_update BEFORE UPDATE OF {LOT_FACTS} ON lots "
        f"BEGIN SELECT RAISE(ABORT, '{LOT_KEEPS}'); END"
    )
    op.execute(f"CREATE TRIGGER lots_no_delete BEFORE DELETE ON lots BEGIN SELECT RAISE(ABORT, '{LOT_KEEPS}'); END")
    # INSERT OR REPLACE deletes the row that stands in its way without asking the triggers against DELETE.
    for table, taken in KEYS.items():
        said = LOT_KEEPS if table == "lots" else f"{table} {ONLY_GROWS}"
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 -- names from above
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) BEGIN SELECT RAISE(ABORT, '{said}'); END"
        )
    op.execute(
        "CREATE TRIGGER ledger_entries_unsealed AFTER INSERT ON ledger_entries "
        "BEGIN INSERT INTO ledger_unsealed (entry, store) VALUES (NEW.id, NEW.store); END"
    )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE TRIGGER ledger_seals_only_append BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_seals "
        "FOR EACH STATEMENT EXECUTE FUNCTION club_append_only()"  # made by 0001
    )
    op.execute(
        "CREATE FUNCTION club_lot_keeps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{LOT_KEEPS}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER lots_no_update BEFORE UPDATE OF {LOT_FACTS} ON lots "
        "FOR EACH STATEMENT EXECUTE FUNCTION club_lot_keeps()"
    )
    op.execute(
        "CREATE TRIGGER lots_no_delete BEFORE DELETE OR TRUNCATE ON lots "
        "FOR EACH STATEMENT EXECUTE FUNCTION club_lot_keeps()"
    )
    op.execute(
        "CREATE FUNCTION club_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO ledger_unsealed (entry, store) VALUES (NEW.id, NEW.store); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_entries_unsealed AFTER INSERT ON ledger_entries "
        "FOR EACH ROW EXECUTE FUNCTION club_unsealed()"
    )
