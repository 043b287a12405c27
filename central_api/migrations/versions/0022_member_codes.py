"""Member codes: the QR that a member without a card shows to the kiosk's scanner (N8)."""

import sqlalchemy as sa
from alembic import op

from central_api.columns import UtcDateTime

revision = "0022_member_codes"
down_revision = "0021_card_limits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "member_codes",
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_member_codes_member_members"),
        sa.PrimaryKeyConstraint("member", name="pk_member_codes"),
        sa.UniqueConstraint("digest", name="uq_member_codes_digest"),
    )


def downgrade() -> None:
    op.drop_table("member_codes")
