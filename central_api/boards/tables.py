"""Boards with their drafts and frozen versions, what is scheduled where, and each display's manifest."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, Table, Text

from central_api.columns import BigId, Json, UtcDateTime, metadata

boards = Table(
    "boards",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("template", String(32), nullable=False),
    Column("state", String(16), nullable=False),  # draft | published | recalled
    Column("draft", Json, nullable=False),  # content.Fields
    Column("edit", Integer, nullable=False),  # counts the draft's edits; an editor says which one it saw
    Column("edited_at", UtcDateTime, nullable=False),
    Column("edited_by", String(64), nullable=False),
    Column("edited_on", String(64), nullable=False),  # the opened editor page that made the edit
    Column("version", Integer, nullable=False),  # newest published version, 0 before the first
    Column("published_edit", Integer, nullable=False),  # the edit that version froze
    Column("position", Integer, nullable=False),
    CheckConstraint("state IN ('draft', 'published', 'recalled')", name="state"),
    CheckConstraint("edit >= published_edit AND version >= 0", name="counts"),
)

board_versions = Table(
    "board_versions",
    metadata,
    Column("board", String(64), ForeignKey("boards.slug"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("snapshot", Json, nullable=False),  # content.Fields, never changed again
    Column("digest", String(64), nullable=False),
    Column("published_by", String(64), nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
)

playlists = Table(
    "playlists",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("name", Json, nullable=False),
    Column("boards", Json, nullable=False),  # slugs in their order
)

displays = Table(
    "displays",
    metadata,
    Column("slug", String(64), primary_key=True),  # the place a device is enrolled for, such as tv-1
    Column("store", String(64), nullable=False),
    Column("name", Json, nullable=False),
    Column("place", Json, nullable=False),
    Column("language", String(16), nullable=False),
    Column("layout", String(16), nullable=False),
    Column("position", Integer, nullable=False),
    Index(None, "store"),
)

slots = Table(
    "slots",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("display", String(64), ForeignKey("displays.slug"), nullable=False),
    Column("layer", String(16), nullable=False),
    Column("playlist", String(64), ForeignKey("playlists.slug"), nullable=False),
    Column("from_minute", Integer, nullable=False),
    Column("to_minute", Integer, nullable=False),
    Column("weekdays", Json, nullable=False),
    Column("on_date", Date, nullable=True),
    CheckConstraint("layer IN ('event', 'daypart', 'default')", name="layer"),
    CheckConstraint("from_minute >= 0 AND to_minute <= 1440 AND from_minute < to_minute", name="minutes"),
    Index(None, "display"),
)

tickers = Table(
    "tickers",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("displays", Json, nullable=False),
    Column("px_per_s", Integer, nullable=False),
    Column("items", Json, nullable=False),  # [{"text": {"zh", "en"}, "activity": slug or ""}]
)

prompts = Table(
    "prompts",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("displays", Json, nullable=False),
    Column("fields", Json, nullable=False),  # content.Fields
    Column("every_s", Integer, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("from_minute", Integer, nullable=False),
    Column("to_minute", Integer, nullable=False),
    CheckConstraint("every_s > seconds AND seconds > 0", name="interval"),
)

notices = Table(
    "notices",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("state", String(16), nullable=False),  # ready | sent | withdrawn
    Column("displays", Json, nullable=False),
    Column("fields", Json, nullable=False),  # content.Fields
    Column("starts", UtcDateTime, nullable=False),
    Column("ends", UtcDateTime, nullable=False),
    Column("prepared_by", String(64), nullable=False, server_default=""),
    Column("prepared_at", UtcDateTime, nullable=True),
    Column("confirmed_by", String(64), nullable=False, server_default=""),
    Column("confirmed_at", UtcDateTime, nullable=True),
    CheckConstraint("state IN ('ready', 'sent', 'withdrawn')", name="state"),
    CheckConstraint("ends > starts", name="ends"),
)

promises = Table(
    "promises",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("title", Json, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("position", Integer, nullable=False),
)

display_manifests = Table(
    "display_manifests",
    metadata,
    Column("display", String(64), ForeignKey("displays.slug"), primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),  # the manifest's JSON, as it is sent
    Column("derived_at", UtcDateTime, nullable=False),
    # What was derived last and shows the same as this manifest for the time looked ahead, and on which day that was found.
    Column("alike_digest", String(64), nullable=False, server_default=""),
    Column("alike_on", Date, nullable=True),
)
