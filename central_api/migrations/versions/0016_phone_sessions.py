"""Signing in by phone number and PIN: tries in vain, by number and by device (N8)."""

import sqlalchemy as sa
from alembic import op

from central_api.columns import UtcDateTime

revision = "0016_phone_sessions"
down_revision = "0015_card_proofs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone_tries",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("last", UtcDateTime(), nullable=False),
        sa.Column("last_ask", sa.String(length=64), nullable=False, server_default=""),
        sa.CheckConstraint("wrong >= 0", name="ck_phone_tries_wrong"),
        sa.PrimaryKeyConstraint("source", name="pk_phone_tries"),
    )
    op.create_index("ix_phone_tries_last", "phone_tries", ["last"])


def downgrade() -> None:
    op.drop_table("phone_tries")
