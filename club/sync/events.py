"""What the sync tells the program, through the one `post` it was given; all are plain values."""

from dataclasses import dataclass
from datetime import datetime

from club.model.board import Manifest
from club.model.errors import ClubError
from club.wire.devices import Enrolled
from club.wire.offline import OfflineSettled
from club.wire.rewards import Redeemed


@dataclass(frozen=True, slots=True)
class Online:
    """The central API answers (again)."""


@dataclass(frozen=True, slots=True)
class Offline:
    """The central API does not answer. `since` is the last contact, None when there never was one."""

    since: datetime | None


@dataclass(frozen=True, slots=True)
class MirrorChanged:
    """Entities of these kinds changed in the mirror (`programme store reward reward_category member display`); read them anew."""

    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class CommandSettled:
    """The points are taken. The answer stays in the outbox until `acknowledge` or `end_session` (K13)."""

    command_id: str
    answer: Redeemed | OfflineSettled


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """The club said no for good; nothing was taken and the hold is free."""

    command_id: str
    error: ClubError


@dataclass(frozen=True, slots=True)
class ManifestReady:
    """This manifest and all its media are on the device, verified; posted at start from disk, then at each switch (L4)."""

    manifest: Manifest
    revision: int


@dataclass(frozen=True, slots=True)
class ContentComing:
    """So many of the pictures of the next manifest are here (L4); it plays by itself once all are."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class PairingCode:
    """While this device is not enrolled: show this code, which staff enter in the console (C9); another follows it in time."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DeviceEnrolled:
    """The server knows this device; `enrolled` says which place and store it stands in."""

    enrolled: Enrolled


@dataclass(frozen=True, slots=True)
class EnrolRefused:
    """The one-time code was not accepted; ask for another."""

    error: ClubError


@dataclass(frozen=True, slots=True)
class NeedsEnrolment:
    """The server does not know this device (any more); `PairingCode` follows, or call `SyncWorker.enrol(code)`."""

    revoked: bool = False


@dataclass(frozen=True, slots=True)
class OrderCame:
    """Staff want this of the device (C9): `restart-app identify screenshot screen-on screen-off`, or what a newer server knows.

    Answer it by `SyncWorker.answer_order`; a restart is answered already, so that it is not asked for again.
    """

    order_id: str
    kind: str


SyncEvent = (
    Online
    | Offline
    | MirrorChanged
    | CommandSettled
    | CommandRefused
    | ManifestReady
    | ContentComing
    | PairingCode
    | DeviceEnrolled
    | EnrolRefused
    | NeedsEnrolment
    | OrderCame
)
