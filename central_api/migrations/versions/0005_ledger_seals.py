"""Seals of the ledger (a hash chain per store), what an entry reverses, and the last ways around "it only grows"."""

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

from central_api.columns import BigId

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
    _name_what_was_reversed()
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
    _nothing_would_be_lost()
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


def _name_what_was_reversed() -> None:
    """Let old reversals name their redemption, where the rows say which: cancelled, and of the same lots the same points.

    Of several that are alike each names its own in their order: they are worth the same. Where there are more redemptions
    than reversals, or fewer, nothing says which; those stay as they are, and a proof names them.
    """
    bind = op.get_bind()
    old = "SELECT id, member FROM ledger_entries WHERE kind = 'reverse' ORDER BY \"at\", id"
    cancelled = (
        "SELECT e.id, e.member FROM ledger_entries e JOIN redemptions r ON r.entry = e.id "
        "WHERE e.kind = 'redeem' AND r.state = 'cancelled' ORDER BY e.\"at\", e.id"
    )
    uses = (
        "SELECT u.entry, u.lot, u.points FROM lot_uses u JOIN ledger_entries e ON e.id = u.entry "
        "WHERE e.kind = 'reverse' OR (e.kind = 'redeem' AND EXISTS "
        "(SELECT 1 FROM redemptions r WHERE r.entry = e.id AND r.state = 'cancelled'))"
    )
    moved: dict[str, list[tuple[str, int]]] = {}
    for use in bind.execute(sa.text(uses)):
        moved.setdefault(use.entry, []).append((use.lot, abs(use.points)))
    alike: dict[tuple[object, ...], tuple[list[str], list[str]]] = {}
    for side, query in enumerate((cancelled, old)):
        for row in bind.execute(sa.text(query)):
            if row.id in moved:
                alike.setdefault((row.member, *sorted(moved[row.id])), ([], []))[side].append(row.id)
    named = [
        {"id": reversal, "spent": spent}
        for spendings, reversals in alike.values()
        if len(spendings) == len(reversals)
        for spent, reversal in zip(spendings, reversals, strict=True)
    ]
    if not named:
        return
    sqlite = bind.dialect.name == "sqlite"
    guard = (
        "ledger_entries_no_update" if sqlite else "ledger_entries_only_append"
    )  # made by 0001, and put back as it was
    op.execute(f"DROP TRIGGER {guard}" if sqlite else f"ALTER TABLE ledger_entries DISABLE TRIGGER {guard}")
    bind.execute(sa.text("UPDATE ledger_entries SET reverses = :spent WHERE id = :id"), named)
    if sqlite:
        op.execute(
            f"CREATE TRIGGER {guard} BEFORE UPDATE ON ledger_entries "
            f"BEGIN SELECT RAISE(ABORT, 'ledger_entries {ONLY_GROWS}'); END"
        )
    else:
        op.execute(f"ALTER TABLE ledger_entries ENABLE TRIGGER {guard}")


def _nothing_would_be_lost() -> None:
    """Refuse to drop seals, which nobody can make again as they were, and what tells a redemption that it was given back."""
    counted = (
        "SELECT (SELECT count(*) FROM ledger_seals) AS seals, "
        "(SELECT count(*) FROM ledger_entries WHERE reverses IS NOT NULL) AS reversals"
    )
    found = op.get_bind().execute(sa.text(counted)).one()
    if found.seals or found.reversals:
        raise CommandError(
            f"expected books without seals and reversals, found {found.seals} seals and {found.reversals} entries that "
            f"reverse another: going back behind {revision} would lose them; restore a backup of before instead"
        )


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
