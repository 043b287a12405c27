"""Devices: groups, two keys, runs, health, incidents, commands, pictures of screens; manifests that show alike."""

import sqlalchemy as sa
from alembic import op

from central_api.columns import BigId, Json, UtcDateTime

revision = "0012_devices"
down_revision = "0011_till_and_joining"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stores", sa.Column("in_group", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("devices", sa.Column("other_key", sa.String(length=43), nullable=True))
    op.add_column("devices", sa.Column("other_key_until", UtcDateTime(), nullable=True))
    op.add_column("devices", sa.Column("runs", Json, nullable=True))
    op.add_column("devices", sa.Column("sync", sa.String(length=200), nullable=False, server_default=""))
    op.add_column("devices", sa.Column("health", Json, nullable=True))
    op.add_column(
        "display_manifests", sa.Column("alike_digest", sa.String(length=64), nullable=False, server_default="")
    )
    op.add_column("display_manifests", sa.Column("alike_on", sa.Date(), nullable=True))
    op.create_table(
        "device_incidents",
        sa.Column("id", BigId, nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("facts", Json, nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_device_incidents_device_devices"),
        sa.PrimaryKeyConstraint("id", name="pk_device_incidents"),
    )
    still_open = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_device_incidents_open",
        "device_incidents",
        ["device", "kind"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index("ix_device_incidents_place_opened_at", "device_incidents", ["place", "opened_at"])
    op.create_table(
        "device_commands",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=False, server_default=""),
        sa.CheckConstraint(
            "state IN ('open', 'done', 'refused', 'expired', 'cancelled')", name="ck_device_commands_state"
        ),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_device_commands_device_devices"),
        sa.PrimaryKeyConstraint("id", name="pk_device_commands"),
    )
    op.create_index("ix_device_commands_device_asked_at", "device_commands", ["device", "asked_at"])
    op.create_index("ix_device_commands_state_expires_at", "device_commands", ["state", "expires_at"])
    op.create_table(
        "device_shots",
        sa.Column("command", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["command"], ["device_commands.id"], name="fk_device_shots_command_device_commands"),
        sa.PrimaryKeyConstraint("command", name="pk_device_shots"),
    )
    op.create_index("ix_device_shots_taken_at", "device_shots", ["taken_at"])


def downgrade() -> None:
    for table in ("device_shots", "device_commands", "device_incidents"):
        op.drop_table(table)
    for column in ("alike_on", "alike_digest"):
        op.drop_column("display_manifests", column)
    for column in ("health", "sync", "runs", "other_key_until", "other_key"):
        op.drop_column("devices", column)
    op.drop_column("stores", "in_group")
