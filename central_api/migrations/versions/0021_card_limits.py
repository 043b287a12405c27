"""What a card may spend in a day or month (N4): its limit, whose limit a hold counts towards, and the procedure that goes by both."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0021_card_limits"
down_revision = "0020_pins_used"
branch_labels = None
depends_on = None

_PROCEDURE = Path(__file__).resolve().parents[1] / "sql" / "redeem_v2.sql"
_CHOICES = ("plan_cache_mode = force_generic_plan", "enable_seqscan = off", "jit = off")
"""As 0010 chose for the first version."""


def upgrade() -> None:
    # With its checks in the column's own line: SQLite can add them in no other way.
    op.execute(
        "ALTER TABLE cards ADD COLUMN limit_per VARCHAR(16) DEFAULT '' NOT NULL "
        "CONSTRAINT ck_cards_limit_per CHECK (limit_per IN ('', 'day', 'month'))"
    )
    op.execute(
        "ALTER TABLE cards ADD COLUMN limit_points BIGINT CONSTRAINT ck_cards_limit_points "
        "CHECK (limit_points >= 0 AND limit_per <> '' OR limit_points IS NULL AND limit_per = '')"
    )
    op.add_column("holds", sa.Column("card", sa.String(length=64), nullable=True))
    named = sa.text("card IS NOT NULL")
    op.create_index(
        "ix_holds_card_placed_at", "holds", ["card", "placed_at"], postgresql_where=named, sqlite_where=named
    )
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql(_PROCEDURE.read_text(encoding="utf-8"))
        for choice in _CHOICES:
            op.execute(f"ALTER FUNCTION club_redeem_v2(jsonb) SET {choice}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION club_redeem_v2(jsonb)")
        op.execute("DROP FUNCTION club_redeem_one_v2(club_redeem_command_v2, jsonb, jsonb, timestamptz)")
        op.execute("DROP FUNCTION club_refuse_v2(text, text, jsonb)")
        op.execute("DROP TYPE club_redeem_command_v2")
    op.drop_index("ix_holds_card_placed_at", "holds")
    op.drop_column("holds", "card")
    op.drop_column("cards", "limit_points")
    op.drop_column("cards", "limit_per")
