"""Stores, the places devices stand in, the devices themselves, what befalls them, and the one-time codes that let them in."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, text

from central_api.columns import BigId, Json, UtcDateTime, metadata

stores = Table(
    "stores",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("name", Json, nullable=False),
    Column("time_zone", String(64), nullable=False),  # IANA
    Column("phone", String(32), nullable=False),
    Column("position", Integer, nullable=False),
    Column(
        "in_group", String(64), nullable=False, server_default=""
    ),  # slug of the group whose feed its devices follow
)

places = Table(
    "places",
    metadata,
    Column("slug", String(64), primary_key=True),  # kiosk-1, tv-1
    Column("kind", String(16), nullable=False),
    Column("store", String(64), ForeignKey("stores.slug"), nullable=False),
    Column("name", Json, nullable=False),
    CheckConstraint("kind IN ('kiosk', 'lounge')", name="kind"),
)

devices = Table(
    "devices",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("public_key", String(43), nullable=False),  # Ed25519, base64url without padding
    Column("kind", String(16), nullable=False),
    Column("place", String(64), ForeignKey("places.slug"), nullable=False),
    Column("store", String(64), ForeignKey("stores.slug"), nullable=False),
    Column("version", String(200), nullable=False),
    Column("enrolled_at", UtcDateTime, nullable=False),
    Column("enrolled_by", String(64), nullable=False),  # id of the code
    Column("revoked_at", UtcDateTime, nullable=True),
    Column("seen_at", UtcDateTime, nullable=True),
    Column("on_glass", String(200), nullable=False, server_default=""),
    Column("on_glass_since", UtcDateTime, nullable=True),
    Column("frames", BigInteger, nullable=False, server_default="0"),
    Column("manifest_revision", BigInteger, nullable=False, server_default="0"),
    Column("outbox", Integer, nullable=False, server_default="0"),
    Column("reader", String(200), nullable=False, server_default=""),
    Column("other_key", String(43), nullable=True),  # the key before the last change of keys; both are good for a while
    Column("other_key_until", UtcDateTime, nullable=True),
    Column("runs", Json, nullable=True),  # [{"run", "since", "source"}], newest last: the last runs of its program
    Column("sync", String(200), nullable=False, server_default=""),
    Column("health", Json, nullable=True),  # wire.devices.Health as it was told last
    Index(None, "place"),
)

device_pasts = Table(
    "device_pasts",
    metadata,
    # Where a device stood before, and by which key it was known: what it handed out then is settled as of then (A14).
    Column("id", BigId, primary_key=True),
    Column("device", String(64), ForeignKey("devices.id"), nullable=False),
    Column("place", String(64), ForeignKey("places.slug"), nullable=False),
    Column("store", String(64), ForeignKey("stores.slug"), nullable=False),
    Column("public_key", String(43), nullable=True),  # NULL: staff have ended it, for it may have been copied
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),  # of a key that was renewed: as long as it is taken
    Index(None, "device"),
    Index(None, "store", "until"),
)

enrol_codes = Table(
    "enrol_codes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column(
        "code_hash", String(64), nullable=False
    ),  # keyed: the six digits cannot be tried against a copy of this table
    Column("place", String(64), ForeignKey("places.slug"), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=True),
    Column("used_by", String(64), nullable=True),
    Index(None, "code_hash"),
)

enrol_guesses = Table(
    "enrol_guesses",
    metadata,
    Column("source", String(64), primary_key=True),  # the network address codes came from; empty: from all of them
    Column("wrong", Integer, nullable=False),
    Column("since", UtcDateTime, nullable=False),  # the first of these wrong ones
    Index(None, "since"),
)

pairings = Table(
    "pairings",
    metadata,
    Column("device", String(64), primary_key=True),  # one open code for a device that nobody knows yet
    Column("public_key", String(43), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("version", String(200), nullable=False),
    Column(
        "code", String(6), nullable=False, unique=True
    ),  # stands on the device's own screen; good for nothing but to staff
    Column(
        "source", String(64), nullable=False
    ),  # the network address it came from, which may ask for few codes at a time
    Column("asked_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    CheckConstraint("kind IN ('kiosk', 'lounge')", name="kind"),
    Index(None, "expires_at"),
)

pairing_tries = Table(
    "pairing_tries",
    metadata,
    Column("staff", String(16), primary_key=True),
    Column("wrong", Integer, nullable=False),  # codes in a row that no screen shows
    Column("paused_until", UtcDateTime, nullable=True),
)

device_incidents = Table(
    "device_incidents",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("device", String(64), ForeignKey("devices.id"), nullable=False),
    Column("place", String(64), nullable=False),  # what staff know it by, whatever hardware stands there
    Column("kind", String(16), nullable=False),  # incidents.Kind
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime, nullable=True),
    Column("facts", Json, nullable=False),
    Index(
        "uq_device_incidents_open",
        "device",
        "kind",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index(None, "place", "opened_at"),
)

device_commands = Table(
    "device_commands",
    metadata,
    Column("id", String(64), primary_key=True),  # made by whoever asks, before asking
    Column("device", String(64), ForeignKey("devices.id"), nullable=False),
    Column("kind", String(16), nullable=False),  # wire.devices.CommandKind
    Column("state", String(16), nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime, nullable=True),  # first told to the device
    Column("ended_at", UtcDateTime, nullable=True),
    Column("detail", String(200), nullable=False, server_default=""),
    CheckConstraint("state IN ('open', 'done', 'refused', 'expired', 'cancelled')", name="state"),
    Index(None, "device", "asked_at"),
    Index(None, "state", "expires_at"),
)

device_shots = Table(
    "device_shots",
    metadata,
    Column("command", String(64), ForeignKey("device_commands.id"), primary_key=True),
    Column("media_type", String(32), nullable=False),
    Column("picture", LargeBinary, nullable=False),  # of a screen; gone after a day
    Column("taken_at", UtcDateTime, nullable=False),
    Index(None, "taken_at"),
)
