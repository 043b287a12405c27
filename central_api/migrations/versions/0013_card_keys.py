"""Masters of cards' keys by version, permits to issue, and the runs in which cards are issued, reset and proved."""

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

from central_api.columns import Json, UtcDateTime

revision = "0013_card_keys"
down_revision = "0012_devices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cards", sa.Column("key_version", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "card_masters",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("version BETWEEN 1 AND 255", name="version"),
        sa.CheckConstraint("purpose IN ('meta', 'file', 'app', 'write')", name="purpose"),
        sa.PrimaryKeyConstraint("id", name="pk_card_masters"),
    )
    op.create_table(
        "card_permits",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("purpose IN ('issue', 'reset')", name="purpose"),
        sa.CheckConstraint('"left" BETWEEN 0 AND granted', name="left"),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_card_permits_device_devices"),
        sa.PrimaryKeyConstraint("id", name="pk_card_permits"),
    )
    op.create_index("ix_card_permits_device", "card_permits", ["device"])
    op.create_table(
        "card_runs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("permit", sa.String(length=64), nullable=True),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("uid", sa.String(length=14), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tried", Json, nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("answers", Json, nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False, server_default=""),
        sa.Column("counter", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("purpose IN ('issue', 'reset', 'prove')", name="purpose"),
        sa.CheckConstraint("state IN ('open', 'torn', 'failed', 'done', 'used')", name="state"),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_card_runs_device_devices"),
        sa.ForeignKeyConstraint(["permit"], ["card_permits.id"], name="fk_card_runs_permit_card_permits"),
        sa.PrimaryKeyConstraint("id", name="pk_card_runs"),
    )
    op.create_index("ix_card_runs_uid_begun_at", "card_runs", ["uid", "begun_at"])


def downgrade() -> None:
    found = op.get_bind().execute(sa.text("SELECT count(*) FROM card_masters")).scalar_one()
    if found:
        raise CommandError(
            f"expected a database without masters of cards' keys, found {found}: going back behind {revision} would lose "
            "them, and with them every card they were written to; restore a backup of before instead"
        )
    op.drop_table("card_runs")
    op.drop_table("card_permits")
    op.drop_table("card_masters")
    op.drop_column("cards", "key_version")
