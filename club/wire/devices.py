"""Enrolment, health and what a device is told about itself."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from club.model.text import Text
from club.wire.limits import Count, Id, Instant, Seq, Short, Slug

NO_CARD_KEY = bytes(32)
DeviceKind = Literal["kiosk", "lounge"]
Base64Key = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_-]{43}$(?!\n)", description="32 bytes, base64url without padding")
]


class Enrol(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/devices/enrol`: a one-time code and the device's public key; signed with that key."""

    code: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    device_id: Id
    kind: DeviceKind
    public_key: Base64Key
    version: Short


class AskPairing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/devices/pairings`, signed with the new key: show me a code that staff can enter in the console (C9)."""

    device_id: Id
    kind: DeviceKind
    public_key: Base64Key
    version: Short


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """The code on the screen, in two groups of three; ask again (the same request) to learn whether it was entered.

    `enrolled` says that staff entered it: the device is enrolled and may sign as itself from now on.
    """

    code: Annotated[
        str, Meta(pattern=r"^[0-9A-HJ-NP-RT-Y]{6}$", description="six symbols that are not mistaken for one another")
    ]
    expires_at: datetime
    enrolled: bool = False


class StoreProfile(msgspec.Struct, frozen=True, kw_only=True):
    """The store a device stands in."""

    slug: Slug
    name: Text
    club: Text
    time_zone: str
    phone: str


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """Who a device is.

    `card_key` keys the hashes under which this store's mirror knows cards; a display knows none and is given `NO_CARD_KEY`.
    """

    device_id: Id
    kind: DeviceKind
    place: Slug
    store: StoreProfile
    card_key: Base64Key
    now: datetime


class OnGlass(msgspec.Struct, frozen=True, kw_only=True):
    """What a person standing there sees."""

    what: Short  # board slug and version, or the kiosk's screen name
    since: Instant
    frames: Count = 0  # rises while the picture progresses (L7)


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /v1/heartbeats`, each 30 s and at each change of picture."""

    version: Short
    at: Instant
    on_glass: OnGlass | None = None
    manifest_revision: Seq = 0
    outbox: Count = 0
    reader: Short = ""


class HeartbeatAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The server's clock, for correction (L5)."""

    now: datetime
