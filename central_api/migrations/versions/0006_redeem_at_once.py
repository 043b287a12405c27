"""Redemptions by one procedure (PostgreSQL), holds of points (A13), vouchers taken back, and what devices are to be told of."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from central_api.columns import BigId, UtcDateTime

revision = "0006_redeem_at_once"
down_revision = "0005_ledger_seals"
branch_labels = None
depends_on = None

_PROCEDURE = Path(__file__).resolve().parents[1] / "sql" / "redeem_v1.sql"


def upgrade() -> None:
    op.create_table(
        "feed_due",
        sa.Column("id", BigId, nullable=False),
        sa.Column("entity", sa.String(length=32), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed_due"),
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("entry", sa.String(length=64), nullable=True),
        sa.CheckConstraint("points > 0", name="points"),
        sa.CheckConstraint("state IN ('open', 'confirmed', 'released', 'expired')", name="state"),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
        sa.CheckConstraint("(state = 'confirmed') = (entry IS NOT NULL)", name="entry"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_holds_member_members"),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"], name="fk_holds_entry_ledger_entries"),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
        sa.UniqueConstraint("reference", name="uq_holds_reference"),
        sa.UniqueConstraint("entry", name="uq_holds_entry"),
    )
    is_open = sa.text("state = 'open'")
    op.create_index("ix_holds_member", "holds", ["member"], postgresql_where=is_open, sqlite_where=is_open)
    op.add_column("redemptions", sa.Column("cancelled", sa.Integer(), nullable=False, server_default="0"))
    for name in ("closed_store", "closed_reference"):
        op.add_column("vouchers", sa.Column(name, sa.String(length=64), nullable=False, server_default=""))
    for name in ("back_points", "back_expired"):
        op.add_column("vouchers", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql(_PROCEDURE.read_text(encoding="utf-8"))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION club_redeem_v1(jsonb)")
        op.execute("DROP FUNCTION club_redeem_one_v1(club_redeem_command_v1, jsonb, jsonb, timestamptz)")
        op.execute("DROP FUNCTION club_refuse_v1(text, text, jsonb)")
        op.execute("DROP TYPE club_redeem_command_v1")
    for name in ("back_expired", "back_points", "closed_reference", "closed_store"):
        op.drop_column("vouchers", name)
    op.drop_column("redemptions", "cancelled")
    op.drop_table("holds")
    op.drop_table("feed_due")
