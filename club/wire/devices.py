"""Enrolment, health and what a device is told about itself."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from club.model.text import Text
from club.wire.limits import Count, Id, Instant, Seq, Short, Slug

NO_CARD_KEY = bytes(32)
DeviceKind = Literal["kiosk", "lounge"]
Run = Annotated[
    str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_-]*$(?!\n)", description="a run of the device's program")
]
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
    place_name: Text = Text("")
    """What staff call the place; empty from a service of one version back."""


class OnGlass(msgspec.Struct, frozen=True, kw_only=True):
    """What a person standing there sees."""

    what: Short  # board slug and version, or the kiosk's screen name
    since: Instant
    frames: Count = 0  # rises while the picture progresses (L7)


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the machine under a device is; None for what it cannot measure."""

    disk_free_mib: Count | None = None
    memory_free_mib: Count | None = None
    temperature_c: Annotated[int, Meta(ge=-100, le=300, description="of the processor")] | None = None
    clock_offset_ms: Annotated[int, Meta(ge=-(10**13), le=10**13, description="server's time less its own")] | None = (
        None
    )


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /v1/heartbeats`, each 30 s and at each change of picture.

    `run` names this run of the device's program: a random id made at its start, for clones of a device to be found.
    """

    version: Short
    at: Instant
    on_glass: OnGlass | None = None
    manifest_revision: Seq = 0
    outbox: Count = 0
    reader: Short = ""
    run: Run = ""
    sync: Short = ""  # current | behind | snapshot
    health: Health | None = None


class HeartbeatAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The server's clock, for correction (L5); `commands` of staff wait to be fetched."""

    now: datetime
    commands: Count = 0


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /v1/devices/challenges`: to be signed within a minute, in `AskToken`."""

    challenge: Short
    expires_at: datetime


class AskToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/devices/tokens`, signed by the device: a challenge of ours, which proves that it was signed just now.

    The clock of whoever signs does not count here: a device whose clock is wrong by years gets in this way.
    """

    challenge: Short


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """Good for the device's own reads and heartbeats, as `Authorization: Club <token>`, in place of a signature."""

    token: Short
    expires_at: datetime
    now: datetime


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/devices/self/keys`, signed with the key in use: the next key, and the proof that the device has it.

    `proof` is the new key's signature over `club.wire.signing.text_of_key`.
    """

    public_key: Base64Key
    proof: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{86}$(?!\n)", description="64 bytes, base64url without padding")]


class KeyChanged(msgspec.Struct, frozen=True, kw_only=True):
    """From now on `public_key` is the device's; what was signed with the key before it is taken until `other_until`."""

    public_key: Base64Key
    other_until: datetime | None


CommandKind = Literal["reload", "restart-app", "identify", "screenshot", "wipe", "screen-on", "screen-off"]
"""All that a device can be told to do from afar. There is no other way in: no shell, no address to open."""


class DeviceCommand(msgspec.Struct, frozen=True, kw_only=True):
    """Something staff want a device to do; `kind` is a `CommandKind`, or one of a newer server's: it is then refused."""

    command_id: Id
    kind: str
    expires_at: datetime


class DeviceCommands(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/devices/self/commands`: what is open, oldest first."""

    commands: tuple[DeviceCommand, ...]


class CommandAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/devices/self/commands/{id}/answer`: what became of it; said again, it changes nothing."""

    state: Literal["done", "refused"]
    detail: Short = ""


class CommandAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """How the command ended; one that was over before it was answered stays so."""

    state: str
