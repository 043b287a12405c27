"""Members, cards, points, rewards, devices and feeds: the first tables."""

import sqlalchemy as sa
from alembic import op

from central_api.columns import BigId, Json, UtcDateTime

revision = "0001_core"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("ledger_entries", "ledger_postings", "lot_uses")
"""Books: what is written stays; a correction is a new entry (A1). The database itself refuses anything else."""

TABLES = (
    "change_log",
    "feed_entities",
    "feed_epoch",
    "feeds",
    "programme_versions",
    "reward_categories",
    "stores",
    "members",
    "places",
    "rewards",
    "accounts",
    "benefit_uses",
    "cards",
    "devices",
    "enrol_codes",
    "ledger_entries",
    "service_jobs",
    "card_sessions",
    "idempotency",
    "ledger_postings",
    "lots",
    "pins",
    "grants",
    "lot_uses",
    "redemptions",
    "vouchers",
)


def upgrade() -> None:
    op.create_table(
        "change_log",
        sa.Column("feed", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.String(length=32), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "seq", name="pk_change_log"),
    )
    op.create_index("ix_change_log_at", "change_log", ["at"])

    op.create_table(
        "feed_entities",
        sa.Column("feed", sa.String(length=64), nullable=False),
        sa.Column("entity", sa.String(length=32), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "entity", "entity_id", name="pk_feed_entities"),
    )
    op.create_table(
        "feed_epoch",
        sa.Column("id", sa.String(length=8), nullable=False),
        sa.Column("epoch", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed_epoch"),
    )
    op.create_table(
        "feeds",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
    )
    op.create_table(
        "programme_versions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("effective_from", UtcDateTime(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_programme_versions"),
        sa.UniqueConstraint("effective_from", name="uq_programme_versions_effective_from"),
    )
    op.create_table(
        "reward_categories",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", Json, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_reward_categories"),
    )
    op.create_table(
        "stores",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", Json, nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_stores"),
    )
    op.create_table(
        "members",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("surname", Json, nullable=False),
        sa.Column("title", Json, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("tier", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("home_store", sa.String(length=64), nullable=False),
        sa.Column("joined", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('person', 'company')", name="ck_members_kind"),
        sa.CheckConstraint("status IN ('pending', 'active', 'expired', 'closed')", name="ck_members_status"),
        sa.ForeignKeyConstraint(["home_store"], ["stores.slug"], name="fk_members_home_store_stores"),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
    )
    op.create_index("ix_members_home_store", "members", ["home_store"])

    op.create_table(
        "places",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("name", Json, nullable=False),
        sa.CheckConstraint("kind IN ('kiosk', 'lounge')", name="ck_places_kind"),
        sa.ForeignKeyConstraint(["store"], ["stores.slug"], name="fk_places_store_stores"),
        sa.PrimaryKeyConstraint("slug", name="pk_places"),
    )
    op.create_table(
        "rewards",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("value_fen", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("sold_out", sa.Boolean(), nullable=False),
        sa.Column("limit_per", sa.String(length=16), nullable=False),
        sa.Column("limit_times", sa.Integer(), nullable=False),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("starts", UtcDateTime(), nullable=False),
        sa.Column("ends", UtcDateTime(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.CheckConstraint("limit_per IN ('', 'day', 'month', 'quarter', 'year')", name="ck_rewards_limit_per"),
        sa.CheckConstraint("points > 0", name="ck_rewards_points"),
        sa.CheckConstraint("stock IS NULL OR stock >= 0", name="ck_rewards_stock"),
        sa.ForeignKeyConstraint(["category"], ["reward_categories.slug"], name="fk_rewards_category_reward_categories"),
        sa.PrimaryKeyConstraint("slug", name="pk_rewards"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("track", sa.String(length=8), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=True),
        sa.Column("balance", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("track IN ('points', 'tier')", name="ck_accounts_track"),
        sa.CheckConstraint(
            "(member IS NULL) = (balance IS NULL) AND (balance IS NULL OR balance >= 0)", name="ck_accounts_balance"
        ),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_accounts_member_members"),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
    )
    op.create_index("ix_accounts_member", "accounts", ["member"])

    op.create_table(
        "benefit_uses",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("entitlement", sa.String(length=64), server_default="", nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("title", Json, nullable=False),
        sa.Column("saved_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("saved_fen >= 0", name="ck_benefit_uses_saved"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_benefit_uses_member_members"),
        sa.PrimaryKeyConstraint("id", name="pk_benefit_uses"),
    )
    op.create_index("ix_benefit_uses_member_at", "benefit_uses", ["member", "at"])

    op.create_table(
        "cards",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("uid", sa.String(length=20), nullable=True),
        sa.Column("family", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("face", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), server_default="", nullable=False),
        sa.Column("blocked_since", sa.Date(), nullable=True),
        sa.Column("assurance", sa.String(length=16), nullable=False),
        sa.Column("last_counter", sa.BigInteger(), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=True),
        sa.CheckConstraint("assurance IN ('uid', 'static', 'cryptogram')", name="ck_cards_assurance"),
        sa.CheckConstraint("state <> 'active' OR member IS NOT NULL", name="ck_cards_holder"),
        sa.CheckConstraint("state IN ('stock', 'active', 'blocked', 'replaced')", name="ck_cards_state"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_cards_member_members"),
        sa.PrimaryKeyConstraint("id", name="pk_cards"),
        sa.UniqueConstraint("number", name="uq_cards_number"),
        sa.UniqueConstraint("uid", name="uq_cards_uid"),
    )
    op.create_index("ix_cards_member", "cards", ["member"])

    op.create_table(
        "devices",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(length=43), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=200), nullable=False),
        sa.Column("enrolled_at", UtcDateTime(), nullable=False),
        sa.Column("enrolled_by", sa.String(length=64), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.Column("on_glass", sa.String(length=200), server_default="", nullable=False),
        sa.Column("on_glass_since", UtcDateTime(), nullable=True),
        sa.Column("frames", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("manifest_revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("outbox", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reader", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["place"], ["places.slug"], name="fk_devices_place_places"),
        sa.ForeignKeyConstraint(["store"], ["stores.slug"], name="fk_devices_store_stores"),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
    )
    op.create_index("ix_devices_place", "devices", ["place"])

    op.create_table(
        "enrol_codes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("used_by", sa.String(length=64), nullable=True),
        sa.Column("wrong_tries", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["place"], ["places.slug"], name="fk_enrol_codes_place_places"),
        sa.PrimaryKeyConstraint("id", name="pk_enrol_codes"),
    )
    op.create_index("ix_enrol_codes_code_hash", "enrol_codes", ["code_hash"])

    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=64), server_default="", nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("store", sa.String(length=64), server_default="", nullable=False),
        sa.Column("bill", sa.String(length=64), server_default="", nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("facts", Json, nullable=False),
        sa.CheckConstraint(
            "kind IN ('opening', 'bill', 'bonus', 'redeem', 'reverse', 'expire', 'adjust')",
            name="ck_ledger_entries_kind",
        ),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_ledger_entries_member_members"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entries"),
        sa.UniqueConstraint("reference", name="uq_ledger_entries_reference"),
    )
    op.create_index("ix_ledger_entries_member_at", "ledger_entries", ["member", "at"])

    op.create_table(
        "service_jobs",
        sa.Column("order", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=True),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("kind", Json, nullable=False),
        sa.Column("checked_in_at", UtcDateTime(), nullable=False),
        sa.Column("promised_at", UtcDateTime(), nullable=True),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("handed_over_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_service_jobs_member_members"),
        sa.ForeignKeyConstraint(["store"], ["stores.slug"], name="fk_service_jobs_store_stores"),
        sa.PrimaryKeyConstraint("order", name="pk_service_jobs"),
    )
    op.create_index("ix_service_jobs_member", "service_jobs", ["member"])

    op.create_table(
        "card_sessions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("card", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("assurance", sa.String(length=16), nullable=False),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["card"], ["cards.id"], name="fk_card_sessions_card_cards"),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_card_sessions_device_devices"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_card_sessions_member_members"),
        sa.ForeignKeyConstraint(["store"], ["stores.slug"], name="fk_card_sessions_store_stores"),
        sa.PrimaryKeyConstraint("id", name="pk_card_sessions"),
    )
    op.create_index("ix_card_sessions_card", "card_sessions", ["card"])
    op.create_index("ix_card_sessions_member", "card_sessions", ["member"])

    op.create_table(
        "idempotency",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_idempotency_device_devices"),
        sa.PrimaryKeyConstraint("key", name="pk_idempotency"),
    )
    op.create_table(
        "ledger_postings",
        sa.Column("id", BigId, nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=96), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name="ck_ledger_postings_amount"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_ledger_postings_account_accounts"),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"], name="fk_ledger_postings_entry_ledger_entries"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_postings"),
    )
    op.create_index("ix_ledger_postings_account", "ledger_postings", ["account"])
    op.create_index("ix_ledger_postings_entry", "ledger_postings", ["entry"])

    op.create_table(
        "lots",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("earned_at", UtcDateTime(), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column("earned", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=False),
        sa.CheckConstraint('"left" >= 0 AND "left" <= earned', name="ck_lots_left"),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"], name="fk_lots_entry_ledger_entries"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_lots_member_members"),
        sa.PrimaryKeyConstraint("id", name="pk_lots"),
    )
    op.create_index("ix_lots_member", "lots", ["member"])

    op.create_table(
        "pins",
        sa.Column("card", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=200), nullable=False),
        sa.Column("fails", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcDateTime(), nullable=True),
        sa.Column("last_ask", sa.String(length=64), server_default="", nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("fails >= 0", name="ck_pins_fails"),
        sa.ForeignKeyConstraint(["card"], ["cards.id"], name="fk_pins_card_cards"),
        sa.PrimaryKeyConstraint("card", name="pk_pins"),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("command", sa.String(length=64), nullable=False),
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["session"], ["card_sessions.id"], name="fk_grants_session_card_sessions"),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
        sa.UniqueConstraint("command", name="uq_grants_command"),
    )
    op.create_index("ix_grants_session", "grants", ["session"])

    op.create_table(
        "lot_uses",
        sa.Column("id", BigId, nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("points <> 0", name="ck_lot_uses_points"),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"], name="fk_lot_uses_entry_ledger_entries"),
        sa.ForeignKeyConstraint(["lot"], ["lots.id"], name="fk_lot_uses_lot_lots"),
        sa.PrimaryKeyConstraint("id", name="pk_lot_uses"),
    )
    op.create_index("ix_lot_uses_entry", "lot_uses", ["entry"])
    op.create_index("ix_lot_uses_lot", "lot_uses", ["lot"])

    op.create_table(
        "redemptions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("command", sa.String(length=64), nullable=True),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("reward", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_points", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=True),
        sa.Column("session", sa.String(length=64), nullable=True),
        sa.Column("card", sa.String(length=64), nullable=True),
        sa.Column("assurance", sa.String(length=16), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('done', 'cancelled')", name="ck_redemptions_state"),
        sa.CheckConstraint("quantity > 0 AND points = quantity * unit_points", name="ck_redemptions_points"),
        sa.ForeignKeyConstraint(["card"], ["cards.id"], name="fk_redemptions_card_cards"),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_redemptions_device_devices"),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"], name="fk_redemptions_entry_ledger_entries"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_redemptions_member_members"),
        sa.ForeignKeyConstraint(["reward"], ["rewards.slug"], name="fk_redemptions_reward_rewards"),
        sa.ForeignKeyConstraint(["session"], ["card_sessions.id"], name="fk_redemptions_session_card_sessions"),
        sa.PrimaryKeyConstraint("id", name="pk_redemptions"),
        sa.UniqueConstraint("command", name="uq_redemptions_command"),
        sa.UniqueConstraint("entry", name="uq_redemptions_entry"),
    )
    op.create_index("ix_redemptions_card_at", "redemptions", ["card", "at"])
    op.create_index("ix_redemptions_member_reward_at", "redemptions", ["member", "reward", "at"])

    op.create_table(
        "vouchers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("reward", sa.String(length=64), nullable=False),
        sa.Column("redemption", sa.String(length=64), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), server_default="", nullable=False),
        sa.CheckConstraint("(state = 'issued') = (closed_at IS NULL)", name="ck_vouchers_closed"),
        sa.CheckConstraint("state IN ('issued', 'fulfilled', 'cancelled', 'expired')", name="ck_vouchers_state"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_vouchers_member_members"),
        sa.ForeignKeyConstraint(["redemption"], ["redemptions.id"], name="fk_vouchers_redemption_redemptions"),
        sa.ForeignKeyConstraint(["reward"], ["rewards.slug"], name="fk_vouchers_reward_rewards"),
        sa.PrimaryKeyConstraint("id", name="pk_vouchers"),
        sa.UniqueConstraint("code", name="uq_vouchers_code"),
        sa.UniqueConstraint("redemption", "number", name="uq_vouchers_redemption_number"),
    )
    op.create_index("ix_vouchers_member", "vouchers", ["member"])
    for table in APPEND_ONLY:
        _only_append(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION club_append_only()")


def _only_append(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} only grows: write a new row that corrects the old one'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION club_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% only grows: write a new row that corrects the old one', TG_TABLE_NAME; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_only_append BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION club_append_only()"
    )
