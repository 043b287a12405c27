"""Staff mode at a kiosk: cards and PINs of the staff, what they opened there, and each card they issue (K12, N6)."""

import sqlalchemy as sa
from alembic import op

from central_api.columns import UtcDateTime

revision = "0017_staff_cards"
down_revision = "0016_phone_sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_cards",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("uid", sa.String(length=20), nullable=False),
        sa.Column("staff", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("assurance", sa.String(length=16), nullable=False),
        sa.Column("last_counter", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'blocked')", name="ck_staff_cards_state"),
        sa.CheckConstraint("assurance IN ('uid', 'static', 'cryptogram')", name="ck_staff_cards_assurance"),
        sa.ForeignKeyConstraint(["staff"], ["staff.number"], name="fk_staff_cards_staff_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_staff_cards"),
        sa.UniqueConstraint("uid", name="uq_staff_cards_uid"),
    )
    op.create_index("ix_staff_cards_staff", "staff_cards", ["staff"])
    op.create_table(
        "staff_pins",
        sa.Column("staff", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=200), nullable=False),
        sa.Column("fails", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcDateTime(), nullable=True),
        sa.Column("last_ask", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("fails >= 0", name="ck_staff_pins_fails"),
        sa.ForeignKeyConstraint(["staff"], ["staff.number"], name="fk_staff_pins_staff_staff"),
        sa.PrimaryKeyConstraint("staff", name="pk_staff_pins"),
    )
    op.create_table(
        "kiosk_staff_sessions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("staff", sa.String(length=16), nullable=False),
        sa.Column("card", sa.String(length=64), nullable=False),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_kiosk_staff_sessions_device_devices"),
        sa.ForeignKeyConstraint(["store"], ["stores.slug"], name="fk_kiosk_staff_sessions_store_stores"),
        sa.ForeignKeyConstraint(["staff"], ["staff.number"], name="fk_kiosk_staff_sessions_staff_staff"),
        sa.ForeignKeyConstraint(["card"], ["staff_cards.id"], name="fk_kiosk_staff_sessions_card_staff_cards"),
        sa.PrimaryKeyConstraint("id", name="pk_kiosk_staff_sessions"),
    )
    op.create_index("ix_kiosk_staff_sessions_staff", "kiosk_staff_sessions", ["staff"])
    op.create_table(
        "card_issues",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("card", sa.String(length=64), nullable=False),
        sa.Column("replaces", sa.String(length=64), nullable=True),
        sa.Column("identity", sa.String(length=32), nullable=False),
        sa.Column("permit", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'done', 'spoiled')", name="ck_card_issues_state"),
        sa.ForeignKeyConstraint(
            ["session"], ["kiosk_staff_sessions.id"], name="fk_card_issues_session_kiosk_staff_sessions"
        ),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_card_issues_member_members"),
        sa.ForeignKeyConstraint(["card"], ["cards.id"], name="fk_card_issues_card_cards"),
        sa.ForeignKeyConstraint(["replaces"], ["cards.id"], name="fk_card_issues_replaces_cards"),
        sa.ForeignKeyConstraint(["permit"], ["card_permits.id"], name="fk_card_issues_permit_card_permits"),
        sa.PrimaryKeyConstraint("id", name="pk_card_issues"),
    )
    op.create_index("ix_card_issues_card", "card_issues", ["card"])
    op.create_index("ix_card_issues_session", "card_issues", ["session"])


def downgrade() -> None:
    op.drop_table("card_issues")
    op.drop_table("kiosk_staff_sessions")
    op.drop_table("staff_pins")
    op.drop_table("staff_cards")
