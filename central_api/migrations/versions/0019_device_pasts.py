"""Where devices stood before, and by which keys they were known."""

import sqlalchemy as sa
from alembic import op

from central_api.columns import BigId, UtcDateTime

revision = "0019_device_pasts"
down_revision = "0018_phone_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_pasts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(length=43), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_device_pasts_device_devices"),
        sa.ForeignKeyConstraint(["place"], ["places.slug"], name="fk_device_pasts_place_places"),
        sa.ForeignKeyConstraint(["store"], ["stores.slug"], name="fk_device_pasts_store_stores"),
        sa.PrimaryKeyConstraint("id", name="pk_device_pasts"),
    )
    op.create_index("ix_device_pasts_device", "device_pasts", ["device"])
    op.create_index("ix_device_pasts_store_until", "device_pasts", ["store", "until"])
    # What is known of the time before: the key before the newest, where it is still taken. Moves were written down nowhere.
    op.execute(
        "INSERT INTO device_pasts (device, place, store, public_key, since, until) "
        "SELECT id, place, store, other_key, enrolled_at, other_key_until FROM devices "
        "WHERE other_key IS NOT NULL AND other_key_until IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_table("device_pasts")
