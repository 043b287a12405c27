"""What the sync tells the program, through the one `post` it was given; all are plain values."""

from datetime import datetime

from msgspec import Struct

from club.model.board import Manifest
from club.model.errors import ClubError
from club.wire.devices import Enrolled
from club.wire.offline import OfflineSettled
from club.wire.rewards import Redeemed


class Online(Struct, frozen=True):
    """The central API answers (again)."""


class Offline(Struct, frozen=True):
    """The central API does not answer. `since` is the last contact, None when there never was one."""

    since: datetime | None


class MirrorChanged(Struct, frozen=True):
    """Entities of these kinds changed in the mirror (`programme store reward reward_category member display`); read them anew."""

    kinds: frozenset[str]


class CommandSettled(Struct, frozen=True):
    """The points are taken. The answer stays in the outbox until `acknowledge` or `end_session` (K13)."""

    command_id: str
    answer: Redeemed | OfflineSettled


class CommandRefused(Struct, frozen=True):
    """The club said no for good; nothing was taken and the hold is free."""

    command_id: str
    error: ClubError


class ManifestReady(Struct, frozen=True):
    """This manifest and all its media are on the device, verified; posted at start from disk, then at each switch (L4)."""

    manifest: Manifest
    revision: int


class ContentComing(Struct, frozen=True):
    """So many of the pictures of the next manifest are here (L4); it plays by itself once all are."""

    done: int
    total: int


class PairingCode(Struct, frozen=True):
    """While this device is not enrolled: show this code, which staff enter in the console (C9); another follows it in time."""

    code: str
    expires_at: datetime


class DeviceEnrolled(Struct, frozen=True):
    """The server knows this device; `enrolled` says which place and store it stands in."""

    enrolled: Enrolled


class EnrolRefused(Struct, frozen=True):
    """The one-time code was not accepted; ask for another."""

    error: ClubError


class NeedsEnrolment(Struct, frozen=True):
    """The server does not know this device (any more); `PairingCode` follows, or call `SyncWorker.enrol(code)`."""

    revoked: bool = False


class OrderCame(Struct, frozen=True):
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
