"""Boards, displays and their manifests, media, activities, the menu, staff and the log of acts."""

import sqlalchemy as sa
from alembic import op

from central_api.columns import BigId, Json, UtcDateTime

revision = "0002_boards_staff"
down_revision = "0001_core"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit", "board_versions")
"""The log of acts, and versions frozen at publishing: the database itself refuses to change them."""

TABLES = (
    "activities",
    "audit",
    "boards",
    "displays",
    "media",
    "menu_items",
    "notices",
    "playlists",
    "promises",
    "prompts",
    "staff",
    "staff_sessions",
    "tickers",
    "activity_shares",
    "board_versions",
    "display_manifests",
    "slots",
)


def upgrade() -> None:
    op.create_table(
        "activities",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("kind", Json, nullable=False),
        sa.Column("title", Json, nullable=False),
        sa.Column("line", Json, nullable=False),
        sa.Column("place", Json, nullable=False),
        sa.Column("unit", Json, nullable=False),
        sa.Column("starts", UtcDateTime(), nullable=False),
        sa.Column("ends", UtcDateTime(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("fee_points", sa.Integer(), nullable=False),
        sa.Column("picture", sa.String(length=64), nullable=False),
        sa.Column("url", sa.String(length=200), nullable=False),
        sa.CheckConstraint("state IN ('open', 'planned', 'past')", name="ck_activities_state"),
        sa.CheckConstraint("capacity >= 0 AND taken >= 0 AND taken <= capacity", name="ck_activities_places"),
        sa.CheckConstraint("fee_points >= 0", name="ck_activities_fee"),
        sa.PrimaryKeyConstraint("slug", name="pk_activities"),
    )
    op.create_index("ix_activities_store_starts", "activities", ["store", "starts"])

    op.create_table(
        "audit",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_subject_at", "audit", ["subject", "at"])

    op.create_table(
        "boards",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("template", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("draft", Json, nullable=False),
        sa.Column("edit", sa.Integer(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=False),
        sa.Column("edited_by", sa.String(length=64), nullable=False),
        sa.Column("edited_on", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_edit", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'published', 'recalled')", name="ck_boards_state"),
        sa.CheckConstraint("edit >= published_edit AND version >= 0", name="ck_boards_counts"),
        sa.PrimaryKeyConstraint("slug", name="pk_boards"),
    )
    op.create_table(
        "displays",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("name", Json, nullable=False),
        sa.Column("place", Json, nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("layout", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_displays"),
    )
    op.create_index("ix_displays_store", "displays", ["store"])

    op.create_table(
        "media",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_media"),
    )
    op.create_index("ix_media_created_at", "media", ["created_at"])

    op.create_table(
        "menu_items",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", Json, nullable=False),
        sa.Column("line", Json, nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("picture", sa.String(length=64), nullable=False),
        sa.Column("stock_left", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("stock_left IS NULL OR stock_left >= 0", name="ck_menu_items_stock"),
        sa.PrimaryKeyConstraint("slug", name="pk_menu_items"),
    )
    op.create_table(
        "notices",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("displays", Json, nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("starts", UtcDateTime(), nullable=False),
        sa.Column("ends", UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('ready', 'sent', 'withdrawn')", name="ck_notices_state"),
        sa.CheckConstraint("ends > starts", name="ck_notices_ends"),
        sa.PrimaryKeyConstraint("slug", name="pk_notices"),
    )
    op.create_table(
        "playlists",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", Json, nullable=False),
        sa.Column("boards", Json, nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_playlists"),
    )
    op.create_table(
        "promises",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("title", Json, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_promises"),
    )
    op.create_table(
        "prompts",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("displays", Json, nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("every_s", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint("every_s > seconds AND seconds > 0", name="ck_prompts_interval"),
        sa.PrimaryKeyConstraint("slug", name="pk_prompts"),
    )
    op.create_table(
        "staff",
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("job", Json, nullable=False),
        sa.Column("roles", Json, nullable=False),
        sa.Column("stores", Json, nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=True),
        sa.Column("fails", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcDateTime(), nullable=True),
        sa.Column("totp_secret", sa.String(length=64), nullable=True),
        sa.Column("totp_used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_staff"),
        sa.UniqueConstraint("slug", name="uq_staff_slug"),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("staff", sa.String(length=16), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_staff_sessions"),
    )
    op.create_index("ix_staff_sessions_expires_at", "staff_sessions", ["expires_at"])
    op.create_index("ix_staff_sessions_staff", "staff_sessions", ["staff"])

    op.create_table(
        "tickers",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("displays", Json, nullable=False),
        sa.Column("px_per_s", sa.Integer(), nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_tickers"),
    )
    op.create_table(
        "activity_shares",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("activity", sa.String(length=64), nullable=False),
        sa.Column("headline", Json, nullable=False),
        sa.Column("picture", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["activity"], ["activities.slug"], name="fk_activity_shares_activity_activities"),
        sa.PrimaryKeyConstraint("slug", name="pk_activity_shares"),
    )
    op.create_index("ix_activity_shares_activity", "activity_shares", ["activity"])

    op.create_table(
        "board_versions",
        sa.Column("board", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("snapshot", Json, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("published_by", sa.String(length=64), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["board"], ["boards.slug"], name="fk_board_versions_board_boards"),
        sa.PrimaryKeyConstraint("board", "version", name="pk_board_versions"),
    )
    op.create_table(
        "display_manifests",
        sa.Column("display", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("derived_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["display"], ["displays.slug"], name="fk_display_manifests_display_displays"),
        sa.PrimaryKeyConstraint("display", name="pk_display_manifests"),
    )
    op.create_table(
        "slots",
        sa.Column("id", BigId, nullable=False),
        sa.Column("display", sa.String(length=64), nullable=False),
        sa.Column("layer", sa.String(length=16), nullable=False),
        sa.Column("playlist", sa.String(length=64), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.Column("weekdays", Json, nullable=False),
        sa.Column("on_date", sa.Date(), nullable=True),
        sa.CheckConstraint("layer IN ('event', 'daypart', 'default')", name="ck_slots_layer"),
        sa.CheckConstraint(
            "from_minute >= 0 AND to_minute <= 1440 AND from_minute < to_minute", name="ck_slots_minutes"
        ),
        sa.ForeignKeyConstraint(["display"], ["displays.slug"], name="fk_slots_display_displays"),
        sa.ForeignKeyConstraint(["playlist"], ["playlists.slug"], name="fk_slots_playlist_playlists"),
        sa.PrimaryKeyConstraint("id", name="pk_slots"),
    )
    op.create_index("ix_slots_display", "slots", ["display"])
    for table in APPEND_ONLY:
        _only_append(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _only_append(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} only grows: write a new row'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_only_append BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION club_append_only()"  # made by 0001
    )
