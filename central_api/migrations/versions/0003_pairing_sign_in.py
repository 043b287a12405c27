"""What kiosks tell of activities, pairing by a code on the screen, the second step of signing in, who sent a notice."""

import sqlalchemy as sa
from alembic import op

from central_api.columns import Json, UtcDateTime

revision = "0003_pairing_sign_in"
down_revision = "0002_boards_staff"
branch_labels = None
depends_on = None

ACTIVITY_COLUMNS = ("art", "closes", "fee_fen", "opens", "position")
NOTICE_COLUMNS = ("prepared_by", "prepared_at", "confirmed_by", "confirmed_at")


def upgrade() -> None:
    op.add_column("activities", sa.Column("art", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("activities", sa.Column("closes", UtcDateTime(), nullable=True))
    op.add_column("activities", sa.Column("fee_fen", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("activities", sa.Column("opens", Json, nullable=False, server_default="{}"))
    op.add_column("activities", sa.Column("position", sa.Integer(), nullable=False, server_default="0"))

    op.create_table(
        "pairings",
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(length=43), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("version", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('kiosk', 'lounge')", name="ck_pairings_kind"),
        sa.PrimaryKeyConstraint("device", name="pk_pairings"),
        sa.UniqueConstraint("code", name="uq_pairings_code"),
    )
    op.create_index("ix_pairings_expires_at", "pairings", ["expires_at"])
    op.create_table(
        "pairing_tries",
        sa.Column("staff", sa.String(length=16), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("paused_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("staff", name="pk_pairing_tries"),
    )

    op.add_column("staff", sa.Column("totp_pending", sa.String(length=64), nullable=True))
    op.create_table(
        "staff_challenges",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("staff", sa.String(length=16), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_staff_challenges"),
    )
    op.create_index("ix_staff_challenges_staff", "staff_challenges", ["staff"])

    for actor in ("prepared", "confirmed"):
        op.add_column("notices", sa.Column(f"{actor}_by", sa.String(length=64), nullable=False, server_default=""))
        op.add_column("notices", sa.Column(f"{actor}_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    for column in NOTICE_COLUMNS:
        op.drop_column("notices", column)
    op.drop_table("staff_challenges")
    op.drop_column("staff", "totp_pending")
    op.drop_table("pairing_tries")
    op.drop_table("pairings")
    for column in ACTIVITY_COLUMNS:
        op.drop_column("activities", column)
