"""Bills, tiers, memberships, entitlements and gifts behind the programme's rules, the jobs that run them, debts, and lots by last day."""

import sqlalchemy as sa
from alembic import op

from central_api.columns import BigId, Json, UtcDateTime

revision = "0007_programme"
down_revision = "0006_redeem_at_once"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bill_refunds",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("bill", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("came_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("answer", Json, nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'booked', 'refused')", name="state"),
        sa.PrimaryKeyConstraint("id", name="pk_bill_refunds"),
        sa.UniqueConstraint("source", "number", name="uq_bill_refunds_source_number"),
    )
    op.create_index(
        "ix_bill_refunds_source_bill",
        "bill_refunds",
        ["source", "bill"],
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "job_runs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("dry", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=16), nullable=False),
        sa.Column("began", UtcDateTime(), nullable=False),
        sa.Column("ended", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.CheckConstraint("outcome IN ('running', 'done', 'failed', 'lost')", name="outcome"),
        sa.PrimaryKeyConstraint("id", name="pk_job_runs"),
    )
    op.create_index("ix_job_runs_job_began", "job_runs", ["job", "began"])
    op.create_table(
        "job_states",
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("done_to", sa.Date(), nullable=False),
        sa.Column("runner", sa.String(length=64), server_default="", nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("job", "time_zone", name="pk_job_states"),
    )
    op.create_table(
        "bills",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("booked_at", UtcDateTime(), nullable=False),
        sa.Column("tier", sa.String(length=64), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("answer", Json, nullable=False),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_bills_member_members"),
        sa.ForeignKeyConstraint(["store"], ["stores.slug"], name="fk_bills_store_stores"),
        sa.PrimaryKeyConstraint("id", name="pk_bills"),
        sa.UniqueConstraint("source", "number", name="uq_bills_source_number"),
    )
    op.create_index("ix_bills_at", "bills", ["at"])
    op.create_index("ix_bills_member_at", "bills", ["member", "at"])
    op.create_table(
        "birthdays",
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.CheckConstraint("month BETWEEN 1 AND 12 AND day BETWEEN 1 AND 31", name="day"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_birthdays_member_members"),
        sa.PrimaryKeyConstraint("member", name="pk_birthdays"),
    )
    op.create_index("ix_birthdays_month_member", "birthdays", ["month", "member"])
    op.create_table(
        "entitlement_grants",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("entitlement", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column("granted_at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=64), server_default="", nullable=False),
        sa.CheckConstraint("source IN ('tier', 'sold', 'staff')", name="source"),
        sa.CheckConstraint("used >= 0 AND (count = 0 OR used <= count)", name="used"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_entitlement_grants_member_members"),
        sa.PrimaryKeyConstraint("id", name="pk_entitlement_grants"),
        sa.UniqueConstraint("key", name="uq_entitlement_grants_key"),
    )
    op.create_index(
        "ix_entitlement_grants_member_entitlement_expires", "entitlement_grants", ["member", "entitlement", "expires"]
    )
    op.create_table(
        "member_messages",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_member_messages_member_members"),
        sa.PrimaryKeyConstraint("key", name="pk_member_messages"),
    )
    op.create_index("ix_member_messages_member_at", "member_messages", ["member", "at"])
    op.create_table(
        "ranking_places",
        sa.Column("ranking", sa.String(length=64), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("spent_fen", sa.BigInteger(), nullable=False),
        sa.Column("reward", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=64), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('proposed', 'paid', 'refused')", name="state"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_ranking_places_member_members"),
        sa.PrimaryKeyConstraint("ranking", "first_day", "place", name="pk_ranking_places"),
    )
    op.create_table(
        "referral_codes",
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_referral_codes_member_members"),
        sa.PrimaryKeyConstraint("member", name="pk_referral_codes"),
        sa.UniqueConstraint("code", name="uq_referral_codes_code"),
    )
    op.create_table(
        "referral_links",
        sa.Column("friend", sa.String(length=64), nullable=False),
        sa.Column("referrer", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("referrer <> friend", name="links_friend"),
        sa.ForeignKeyConstraint(["friend"], ["members.id"], name="fk_referral_links_friend_members"),
        sa.ForeignKeyConstraint(["referrer"], ["members.id"], name="fk_referral_links_referrer_members"),
        sa.PrimaryKeyConstraint("friend", name="pk_referral_links"),
    )
    op.create_index("ix_referral_links_referrer", "referral_links", ["referrer"])
    op.create_table(
        "staff_tasks",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("done_by", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_staff_tasks_member_members"),
        sa.ForeignKeyConstraint(["store"], ["stores.slug"], name="fk_staff_tasks_store_stores"),
        sa.PrimaryKeyConstraint("key", name="pk_staff_tasks"),
    )
    op.create_index(
        "ix_staff_tasks_store_made_at",
        "staff_tasks",
        ["store", "made_at"],
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "tier_changes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("from_tier", sa.String(length=64), nullable=False),
        sa.Column("to_tier", sa.String(length=64), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("fall", Json, nullable=True),
        sa.CheckConstraint("kind IN ('up', 'down', 'undone')", name="kind"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_tier_changes_member_members"),
        sa.PrimaryKeyConstraint("id", name="pk_tier_changes"),
    )
    op.create_index("ix_tier_changes_member_id", "tier_changes", ["member", "id"])
    op.create_table(
        "tier_grants",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("tier", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_tier_grants_member_members"),
        sa.PrimaryKeyConstraint("id", name="pk_tier_grants"),
    )
    op.create_index("ix_tier_grants_member", "tier_grants", ["member"])
    op.create_table(
        "tier_vehicles",
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("owned_since", UtcDateTime(), nullable=False),
        sa.Column("mileage_km", sa.Integer(), nullable=False),
        sa.Column("bought_here", sa.Boolean(), nullable=False),
        sa.CheckConstraint("mileage_km >= 0", name="mileage_km"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_tier_vehicles_member_members"),
        sa.PrimaryKeyConstraint("vehicle", name="pk_tier_vehicles"),
    )
    op.create_index("ix_tier_vehicles_member", "tier_vehicles", ["member"])
    op.create_table(
        "bill_parts",
        sa.Column("bill", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("line", sa.String(length=64), nullable=False),
        sa.Column("lines", Json, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("counts", sa.Integer(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("tier_points", sa.BigInteger(), nullable=False),
        sa.Column("taken_points", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("taken_tier_points", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("refunded_fen >= 0 AND refunded_fen <= paid_fen", name="refunded"),
        sa.CheckConstraint("taken_points >= 0 AND taken_points <= points", name="taken"),
        sa.ForeignKeyConstraint(["bill"], ["bills.id"], name="fk_bill_parts_bill_bills"),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"], name="fk_bill_parts_entry_ledger_entries"),
        sa.PrimaryKeyConstraint("bill", "number", name="pk_bill_parts"),
        sa.UniqueConstraint("entry", name="uq_bill_parts_entry"),
    )
    op.create_table(
        "birthday_gifts",
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("tier", sa.String(length=64), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("reward", sa.String(length=64), nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"], name="fk_birthday_gifts_entry_ledger_entries"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_birthday_gifts_member_members"),
        sa.PrimaryKeyConstraint("member", "year", name="pk_birthday_gifts"),
    )
    op.create_table(
        "point_debts",
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=False),
        sa.CheckConstraint('"left" >= 0 AND "left" <= points', name="left"),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"], name="fk_point_debts_entry_ledger_entries"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_point_debts_member_members"),
        sa.PrimaryKeyConstraint("entry", name="pk_point_debts"),
    )
    op.create_index(
        "ix_point_debts_member",
        "point_debts",
        ["member"],
        postgresql_where=sa.text('"left" > 0'),
        sqlite_where=sa.text('"left" > 0'),
    )
    op.create_table(
        "referrals",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("referrer", sa.String(length=64), nullable=False),
        sa.Column("friend", sa.String(length=64), nullable=False),
        sa.Column("occasion", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reversed_at", UtcDateTime(), nullable=True),
        sa.Column("paid", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("entry", sa.String(length=64), nullable=True),
        sa.CheckConstraint("occasion IN ('first-visit', 'vehicle')", name="occasion"),
        sa.CheckConstraint("paid IS NULL OR paid >= 0", name="paid"),
        sa.CheckConstraint("referrer <> friend", name="friend"),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"], name="fk_referrals_entry_ledger_entries"),
        sa.ForeignKeyConstraint(["friend"], ["members.id"], name="fk_referrals_friend_members"),
        sa.ForeignKeyConstraint(["referrer"], ["members.id"], name="fk_referrals_referrer_members"),
        sa.PrimaryKeyConstraint("id", name="pk_referrals"),
    )
    op.create_index("ix_referrals_referrer", "referrals", ["referrer"])
    op.create_table(
        "renewals",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=True),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("way IN ('fee', 'points', 'insurance')", name="way"),
        sa.CheckConstraint("points >= 0 AND paid_fen >= 0", name="paid"),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"], name="fk_renewals_entry_ledger_entries"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_renewals_member_members"),
        sa.PrimaryKeyConstraint("key", name="pk_renewals"),
    )
    op.create_index("ix_renewals_member", "renewals", ["member"])
    op.create_table(
        "tier_payments",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("tier", sa.String(length=64), nullable=False),
        sa.Column("from_tier", sa.String(length=64), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("reversed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("points > 0", name="points"),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"], name="fk_tier_payments_entry_ledger_entries"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_tier_payments_member_members"),
        sa.PrimaryKeyConstraint("id", name="pk_tier_payments"),
    )
    op.create_index("ix_tier_payments_member", "tier_payments", ["member"])
    op.add_column("benefit_uses", sa.Column("department", sa.String(length=64), server_default="", nullable=False))
    op.add_column("benefit_uses", sa.Column("grant", sa.String(length=64), server_default="", nullable=False))
    op.add_column("benefit_uses", sa.Column("times", sa.Integer(), server_default="1", nullable=False))
    op.add_column("benefit_uses", sa.Column("reference", sa.String(length=64), nullable=True))
    op.create_index("ix_benefit_uses_reference", "benefit_uses", ["reference"], unique=True)
    op.create_index(
        "ix_lots_expires_member",
        "lots",
        ["expires", "member"],
        postgresql_where=sa.text('"left" > 0'),
        sqlite_where=sa.text('"left" > 0'),
    )
    op.add_column("programme_versions", sa.Column("counting", Json, server_default="{}", nullable=False))
    op.add_column("service_jobs", sa.Column("source", sa.String(length=32), server_default="", nullable=False))
    op.add_column("service_jobs", sa.Column("told_at", UtcDateTime(), nullable=True))
    op.add_column("service_jobs", sa.Column("digest", sa.String(length=64), server_default="", nullable=False))
    op.create_index(
        "ix_vouchers_valid_to",
        "vouchers",
        ["valid_to"],
        postgresql_where=sa.text("state = 'issued'"),
        sqlite_where=sa.text("state = 'issued'"),
    )


def downgrade() -> None:
    op.drop_index("ix_vouchers_valid_to", "vouchers")
    op.drop_column("service_jobs", "digest")
    op.drop_column("service_jobs", "told_at")
    op.drop_column("service_jobs", "source")
    op.drop_column("programme_versions", "counting")
    op.drop_index("ix_lots_expires_member", "lots")
    op.drop_index("ix_benefit_uses_reference", "benefit_uses")
    op.drop_column("benefit_uses", "reference")
    op.drop_column("benefit_uses", "times")
    op.drop_column("benefit_uses", "grant")
    op.drop_column("benefit_uses", "department")

    op.drop_table("tier_payments")
    op.drop_table("renewals")
    op.drop_table("referrals")
    op.drop_table("point_debts")
    op.drop_table("birthday_gifts")
    op.drop_table("bill_parts")
    op.drop_table("tier_vehicles")
    op.drop_table("tier_grants")
    op.drop_table("tier_changes")
    op.drop_table("staff_tasks")
    op.drop_table("referral_links")
    op.drop_table("referral_codes")
    op.drop_table("ranking_places")
    op.drop_table("member_messages")
    op.drop_table("entitlement_grants")
    op.drop_table("birthdays")
    op.drop_table("bills")
    op.drop_table("job_states")
    op.drop_table("job_runs")
    op.drop_table("bill_refunds")
