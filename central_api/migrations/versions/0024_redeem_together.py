"""The redeem procedure books what of a batch is let through together, a statement a table (PostgreSQL; ADR 0011).

What a redemption reads and writes of a member lies on pages of its own in a club of a million, most of them not in memory. So it no
longer reads each of the member's lots, only those that pay, by an index of lots that hold something; and accounts have room on
their pages, so that a new balance needs no new place in two indexes.

Its plans are chosen as 0010 chose them, and three choices more. A batch is a few rows that the planner takes for more: joined to a table
by hashing or merging, or with that table laid out once, all the table's rows are read for each call. So a connection opened while a club
was new would read all accounts, however many they become. (The version before reads all devices: of 500, for a sixth of its time.)
With none of these left, each row is looked up.

The version before stays: a process that still calls it may run beside this one.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0024_redeem_together"
down_revision = "0023_card_lines"
branch_labels = None
depends_on = None

_PROCEDURE = Path(__file__).resolve().parents[1] / "sql" / "redeem_v4.sql"
_CHOICES = (
    "plan_cache_mode = force_generic_plan",
    "jit = off",
    "enable_seqscan = off",
    "enable_hashjoin = off",
    "enable_mergejoin = off",
    "enable_material = off",
)


def upgrade() -> None:
    holds = sa.text('"left" > 0')
    op.create_index("ix_lots_member_expires", "lots", ["member", "expires"], postgresql_where=holds, sqlite_where=holds)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE accounts SET (fillfactor = 80)")  # of pages that are written from now on
        op.get_bind().exec_driver_sql(_PROCEDURE.read_text(encoding="utf-8"))
        for choice in _CHOICES:
            op.execute(f"ALTER FUNCTION club_redeem_v4(jsonb) SET {choice}")


def downgrade() -> None:
    op.drop_index("ix_lots_member_expires", "lots")
    if op.get_bind().dialect.name == "postgresql":
        cmd, terms, booking, outcome = (f"club_redeem_{name}_v4" for name in ("command", "terms", "booking", "outcome"))
        op.execute("DROP FUNCTION club_redeem_v4(jsonb)")
        op.execute(f"DROP FUNCTION club_redeem_settle_v4({booking}[], timestamptz, jsonb)")
        op.execute(f"DROP FUNCTION club_redeem_refused_v4({cmd}, jsonb, text, text, text, text, text)")
        op.execute(f"DROP FUNCTION club_redeem_book_v4({booking}[], timestamptz)")
        op.execute(f"DROP FUNCTION club_redeem_judge_v4({cmd}, {terms})")
        op.execute("DROP FUNCTION club_redeem_again_v4()")
        op.execute("DROP FUNCTION club_refuse_v4(text, text, jsonb)")
        for name in (outcome, booking, terms, cmd):
            op.execute(f"DROP TYPE {name}")
        op.execute("ALTER TABLE accounts RESET (fillfactor)")
