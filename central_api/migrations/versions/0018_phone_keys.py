"""The keys that phones prove themselves by, and room for their numbers in runs."""

import sqlalchemy as sa
from alembic import op

from central_api.columns import UtcDateTime

revision = "0018_phone_keys"
down_revision = "0017_staff_cards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _number(16)
    op.create_table(
        "phone_keys",
        sa.Column("credential", sa.String(length=16), nullable=False),
        sa.Column("public_key", sa.String(length=130), nullable=False),
        sa.Column("enrolled_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("credential", name="pk_phone_keys"),
    )


def downgrade() -> None:
    op.execute("DELETE FROM card_runs WHERE length(uid) > 14")  # they last for minutes
    op.drop_table("phone_keys")
    _number(14)


def _number(length: int) -> None:
    """Give the card's number another length; SQLite cannot change a column, so it is made anew."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("card_runs", "uid", type_=sa.String(length=length))
        return
    op.add_column("card_runs", sa.Column("wider", sa.String(length=length), nullable=False, server_default=""))
    op.execute("UPDATE card_runs SET wider = uid")
    op.drop_index("ix_card_runs_uid_begun_at", "card_runs")
    op.drop_column("card_runs", "uid")
    op.execute("ALTER TABLE card_runs RENAME COLUMN wider TO uid")
    op.create_index("ix_card_runs_uid_begun_at", "card_runs", ["uid", "begun_at"])
