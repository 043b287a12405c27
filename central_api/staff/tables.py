"""Staff, their sessions in the console and at kiosks, their cards and PINs, and the log of every act (C1, K12)."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from central_api.columns import BigId, Json, UtcDateTime, metadata

staff = Table(
    "staff",
    metadata,
    Column("number", String(16), primary_key=True),
    Column("slug", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("job", Json, nullable=False),
    Column("roles", Json, nullable=False),
    Column("stores", Json, nullable=False),
    Column("language", String(16), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("password", String(200), nullable=True),  # argon2id; None: none was set, so nobody signs in
    Column("fails", Integer, nullable=False),
    Column("locked_until", UtcDateTime, nullable=True),
    Column("totp_secret", String(64), nullable=True),
    Column("totp_pending", String(64), nullable=True),  # shown for binding, not proven yet
    Column("totp_used", BigInteger, nullable=False),  # the last counter that was taken; none is taken twice
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),  # the token itself is only in the browser's cookie
    Column("staff", String(16), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "staff"),
    Index(None, "expires_at"),
)

staff_challenges = Table(
    "staff_challenges",
    metadata,
    Column(
        "token_sha256", String(64), primary_key=True
    ),  # of somebody whose password was right and whose digits are awaited
    Column("staff", String(16), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "staff"),
)

staff_cards = Table(
    "staff_cards",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("uid", String(20), nullable=False, unique=True),  # upper-case hex; no member's card has it
    Column("staff", String(16), ForeignKey("staff.number"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("assurance", String(16), nullable=False),  # the least it must prove
    Column("last_counter", BigInteger, nullable=False),  # -1: none seen yet
    Column("made_by", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    CheckConstraint("state IN ('active', 'blocked')", name="state"),
    CheckConstraint("assurance IN ('uid', 'static', 'cryptogram')", name="assurance"),
    Index(None, "staff"),
)

staff_pins = Table(
    "staff_pins",
    metadata,
    Column("staff", String(16), ForeignKey("staff.number"), primary_key=True),
    Column("hash", String(200), nullable=False),  # argon2id, encoded
    Column("fails", Integer, nullable=False),  # tries since the last right one, counted before each is checked
    Column("locked_until", UtcDateTime, nullable=True),
    Column("last_ask", String(64), nullable=False, server_default=""),  # SHA-256 of the last ask's signature
    Column("set_at", UtcDateTime, nullable=False),
    CheckConstraint("fails >= 0", name="fails"),
)

kiosk_staff_sessions = Table(
    "kiosk_staff_sessions",
    metadata,
    Column("id", String(64), primary_key=True),  # made by the device
    Column("device", String(64), ForeignKey("devices.id"), nullable=False),
    Column("store", String(64), ForeignKey("stores.slug"), nullable=False),
    Column("staff", String(16), ForeignKey("staff.number"), nullable=False),
    Column("card", String(64), ForeignKey("staff_cards.id"), nullable=False),
    Column("evidence_sha256", String(64), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=True),
    Index(None, "staff"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(64), nullable=False),  # staff:1001, device:..., system
    Column("act", String(64), nullable=False),  # console.sign-in, board.edit, board.publish, ...
    Column("subject", String(128), nullable=False),
    Column("facts", Json, nullable=False),  # numbers and slugs, never personal data
    Index(None, "at"),
    Index(None, "subject", "at"),
)
