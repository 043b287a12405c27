"""Cards (pointers to a member), their PINs, the sessions a tap opens, the grants a PIN gives; keys and runs (N3 to N6)."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, Table

from central_api.columns import Json, UtcDateTime, metadata
from central_api.security.tables import sealed

cards = Table(
    "cards",
    metadata,
    Column("id", String(64), primary_key=True),
    Column(
        "uid", String(20), nullable=True, unique=True
    ),  # upper-case hex; of a phone its credential, None: one that was never enrolled
    Column("family", String(32), nullable=False),
    Column("number", String(24), nullable=False, unique=True),  # as printed: 8800 0127 2719
    Column("face", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(16), nullable=False, server_default=""),
    Column("blocked_since", Date, nullable=True),
    Column(
        "assurance", String(16), nullable=False
    ),  # the least it must prove: a card with a cryptogram never goes back to a UID
    Column("last_counter", BigInteger, nullable=False),  # -1: none seen yet
    Column("member", String(64), ForeignKey("members.id"), nullable=True),
    sealed("driver"),  # of a company's card: who carries it
    Column("batch", String(32), nullable=False, server_default=""),  # in which it came into stock
    Column("good_until", Date, nullable=True),  # a temporary card's last day, store time
    Column("key_version", Integer, nullable=False, server_default="1"),  # of its keys; 0: as from the factory
    Column("limit_points", BigInteger, nullable=True),  # what it may spend in a `limit_per`; None: what its member has
    Column("limit_per", String(16), nullable=False, server_default=""),  # day | month | "" for none
    Column("line", String(96), nullable=True),  # in which it spends, see `lines`; None: its own, named as the card
    CheckConstraint("state IN ('stock', 'active', 'blocked', 'replaced')", name="state"),
    CheckConstraint(
        "limit_points >= 0 AND limit_per <> '' OR limit_points IS NULL AND limit_per = ''", name="limit_points"
    ),
    CheckConstraint("limit_per IN ('', 'day', 'month')", name="limit_per"),
    CheckConstraint("assurance IN ('uid', 'static', 'cryptogram')", name="assurance"),
    CheckConstraint("state <> 'active' OR member IS NOT NULL", name="holder"),
    Index(None, "member"),
)

pins = Table(
    "pins",
    metadata,
    Column("card", String(64), ForeignKey("cards.id"), primary_key=True),
    Column("hash", String(200), nullable=False),  # argon2id, encoded
    Column("fails", Integer, nullable=False),  # tries since the last right one, counted before each is checked
    Column("locked_until", UtcDateTime, nullable=True),
    Column("last_ask", String(64), nullable=False, server_default=""),  # SHA-256 of the last ask's signature
    Column("set_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=True),  # first with the card; None: opens nothing by phone
    CheckConstraint("fails >= 0", name="fails"),
)

card_sessions = Table(
    "card_sessions",
    metadata,
    Column("id", String(64), primary_key=True),  # made by the device
    Column("device", String(64), ForeignKey("devices.id"), nullable=False),
    Column("store", String(64), ForeignKey("stores.slug"), nullable=False),
    Column("card", String(64), ForeignKey("cards.id"), nullable=False),
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("assurance", String(16), nullable=False),
    Column("evidence_sha256", String(64), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=True),
    Index(None, "card"),
    Index(None, "member"),
)

member_codes = Table(
    "member_codes",  # of each member at most one is good: a new one ends the one before (ADR 18)
    metadata,
    Column("member", String(64), ForeignKey("members.id"), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),  # hex SHA-256; the code itself is nowhere
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", String(64), nullable=False),
)

phone_tries = Table(
    "phone_tries",  # in vain: of signing in by phone, of vouchers' codes in staff mode; cleared away when they count no more
    metadata,
    Column("source", String(64), primary_key=True),  # number:… (its keyed hash), device:…, vouchers:…
    Column("wrong", Integer, nullable=False),
    Column("since", UtcDateTime, nullable=False),  # of the first that counts
    Column("last", UtcDateTime, nullable=False),
    Column("last_ask", String(64), nullable=False, server_default=""),  # SHA-256 of its signature; vouchers:… the codes
    CheckConstraint("wrong >= 0", name="wrong"),
    Index(None, "last"),
)

grants = Table(
    "grants",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("command", String(64), nullable=False, unique=True),
    Column("session", String(64), ForeignKey("card_sessions.id"), nullable=False),
    Column("body_sha256", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=True),
    Index(None, "session"),
)

card_masters = Table(
    "card_masters",
    metadata,
    Column("id", String(16), primary_key=True),  # 2-meta
    Column("version", Integer, nullable=False),
    Column("purpose", String(8), nullable=False),
    sealed("secret", nullable=False),  # 16 bytes in hex
    Column("made_at", UtcDateTime, nullable=False),
    CheckConstraint("version BETWEEN 1 AND 255", name="version"),
    CheckConstraint("purpose IN ('meta', 'file', 'app', 'write')", name="purpose"),
)

phone_keys = Table(
    "phone_keys",
    metadata,
    Column("credential", String(16), primary_key=True),  # as the phone's application tells it, in hex
    Column("public_key", String(130), nullable=False),  # P-256, uncompressed, in hex; never changed
    Column("enrolled_at", UtcDateTime, nullable=False),
)

card_permits = Table(
    "card_permits",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("device", String(64), ForeignKey("devices.id"), nullable=False),
    Column("purpose", String(8), nullable=False),
    Column("batch", String(32), nullable=False),
    Column("granted", Integer, nullable=False),  # cards
    Column("left", Integer, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    CheckConstraint("purpose IN ('issue', 'reset')", name="purpose"),
    CheckConstraint('"left" BETWEEN 0 AND granted', name="left"),
    Index(None, "device"),
)

card_runs = Table(
    "card_runs",
    metadata,
    Column("id", String(64), primary_key=True),  # made by the device
    Column("device", String(64), ForeignKey("devices.id"), nullable=False),
    Column("permit", String(64), ForeignKey("card_permits.id"), nullable=True),  # None: nothing is changed on the card
    Column("purpose", String(8), nullable=False),
    Column("uid", String(16), nullable=False),  # of a phone its credential
    Column("family", String(32), nullable=False, server_default="ntag424"),  # as the card was entered
    Column("version", Integer, nullable=False),  # of the keys it is to reach, or to prove
    Column("tried", Json, nullable=False),  # versions the card may hold, as they are tried
    sealed("seed", nullable=False),  # what its random numbers come of
    Column("answers", Json, nullable=False),  # the card's, in hex
    Column("what", String(200), nullable=False),  # the last step that was handed out
    Column("state", String(8), nullable=False),
    Column("reason", String(16), nullable=False, server_default=""),
    Column("counter", BigInteger, nullable=False, server_default="0"),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=True),
    CheckConstraint("purpose IN ('issue', 'reset', 'prove')", name="purpose"),
    CheckConstraint("state IN ('open', 'torn', 'failed', 'done', 'used')", name="state"),
    Index(None, "uid", "begun_at"),
)
