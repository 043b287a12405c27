"""Redeeming offline: a store's rules, and how each piece that was handed out ended (A14)."""

import sqlalchemy as sa
from alembic import op

from central_api.columns import Json, UtcDateTime

revision = "0014_offline"
down_revision = "0013_card_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offline_rules",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("starts", UtcDateTime(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("floor_points", sa.BigInteger(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("quotas", Json, nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("floor_points >= 0 AND hours >= 0", name="ck_offline_rules_amounts"),
        sa.ForeignKeyConstraint(["store"], ["stores.slug"], name="fk_offline_rules_store_stores"),
        sa.PrimaryKeyConstraint("id", name="pk_offline_rules"),
    )
    op.create_index("ix_offline_rules_store_starts", "offline_rules", ["store", "starts"])
    op.create_table(
        "offline_redemptions",
        sa.Column("command", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("outage", sa.String(length=64), nullable=False),
        sa.Column("tap", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("card", sa.String(length=64), nullable=True),
        sa.Column("member", sa.String(length=64), nullable=True),
        sa.Column("counter", sa.Integer(), nullable=True),
        sa.Column("reward", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("shortfall", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False, server_default=""),
        sa.Column("entry", sa.String(length=64), nullable=True),
        sa.Column("voucher", sa.String(length=64), nullable=True),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.Column("seen_by", sa.String(length=64), nullable=False, server_default=""),
        sa.CheckConstraint(
            "price = taken + shortfall AND taken >= 0 AND shortfall >= 0", name="ck_offline_redemptions_amounts"
        ),
        sa.CheckConstraint("(taken > 0) = (entry IS NOT NULL)", name="ck_offline_redemptions_entry"),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_offline_redemptions_device_devices"),
        sa.ForeignKeyConstraint(["store"], ["stores.slug"], name="fk_offline_redemptions_store_stores"),
        sa.ForeignKeyConstraint(["card"], ["cards.id"], name="fk_offline_redemptions_card_cards"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_offline_redemptions_member_members"),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"], name="fk_offline_redemptions_entry_ledger_entries"),
        sa.ForeignKeyConstraint(["voucher"], ["vouchers.id"], name="fk_offline_redemptions_voucher_vouchers"),
        sa.PrimaryKeyConstraint("command", name="pk_offline_redemptions"),
        sa.UniqueConstraint("entry", name="uq_offline_redemptions_entry"),
        sa.UniqueConstraint("voucher", name="uq_offline_redemptions_voucher"),
    )
    op.create_index("ix_offline_redemptions_card_counter", "offline_redemptions", ["card", "counter"])
    op.create_index(
        "ix_offline_redemptions_unseen",
        "offline_redemptions",
        ["store", "settled_at"],
        postgresql_where=sa.text("reason <> '' AND seen_at IS NULL"),
        sqlite_where=sa.text("reason <> '' AND seen_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("offline_redemptions")
    op.drop_table("offline_rules")
