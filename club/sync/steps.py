"""What the sync engine is told (inputs) and what it asks for (effects): plain values, no doing.

Work is an effect that takes the line: there is one line, and each piece of work ends in exactly one input.

| work | ends in |
|---|---|
| `Call("enrol")`, `Call("self")` | `Known` or `Failed` |
| `Call("pairing")` | `PairingCame` or `Failed` |
| `Call("command", id)` | `CommandAnswered`, `CommandRejected`, `CommandGone` or `Failed` |
| `Call("snapshot")`, `Call("sync")` | `SnapshotCame`, `ChangesCame` or `Failed` |
| `Call("manifest")` | `ManifestCame` or `Failed` |
| `Call("heartbeat")` | `Beaten` or `Failed` |
| `Call("orders")` | `OrdersCame` or `Failed` |
| `Call("order-answer", id)` | `OrderAnswered` or `Failed` |
| `Apply`, `Replace` | `Applied` or `Failed` |
| `Settle`, `Refuse` | `Closed` or `Failed` |
| `Flip` | `Flipped` or `Failed` |
| `Wipe` | `Wiped` or `Failed` |

Downloads go beside the line: each `Fetch` ends in one `MediaCame`, `MediaPaused` or `MediaFailed` of its SHA-256.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Literal

from msgspec import Struct

from club.model.board import Manifest
from club.model.errors import ClubError
from club.sync.events import SyncEvent
from club.wire.changes import Change, Snapshot, SyncAnswer
from club.wire.devices import DeviceCommand, Enrolled, Pairing
from club.wire.offline import OfflineSettled
from club.wire.rewards import Redeemed

Job = Literal[
    "enrol", "pairing", "self", "command", "snapshot", "sync", "manifest", "heartbeat", "orders", "order-answer"
]


class Fault(Enum):
    """Why work failed."""

    UNREACHABLE = "no answer"
    CONFUSED = "an answer, but no usable one; or not now"
    UNKNOWN = "the server does not know this device"
    REVOKED = "this device was revoked"
    NOT_FOUND = "no such thing on the server"
    REFUSED = "the server says no"
    DISK = "the device's own storage failed"
    ENDED = "the stream ended after it had been open"


# -- inputs ---------------------------------------------------------------------------------------------------------


class Started(Struct, frozen=True):
    """The program runs; what the store held is in the state."""


class EnrolAsked(Struct, frozen=True):
    """Somebody typed a one-time code."""

    code: str


class Woken(Struct, frozen=True):
    """Somebody wants fresh data now."""


class Submitted(Struct, frozen=True):
    """A command is in the outbox; those of one `lane` (a member) are carried out in their order, an empty one has none."""

    command_id: str
    lane: str = ""


class WipeAsked(Struct, frozen=True):
    """The club wants the mirror off this device (X2); it is filled anew as long as the device is enrolled."""


class Window(Struct, frozen=True):
    """The download window opened or closed."""

    is_open: bool


class PictureChanged(Struct, frozen=True):
    """Something else is on the glass; the server should hear of it."""


class TimedOut(Struct, frozen=True):
    """A timer rang."""

    timer: str


class Contact(Struct, frozen=True):
    """Another thread of the program reached the server, or did not."""

    ok: bool


class Known(Struct, frozen=True):
    """The server says who this device is; it is kept in the store. `moved`: another store than before, and the mirror is empty."""

    enrolled: Enrolled
    moved: bool = False


class PairingCame(Struct, frozen=True):
    """The code that adds this device, or that it was entered (C9)."""

    pairing: Pairing


class CommandAnswered(Struct, frozen=True):
    """The club carried the command out; `body` is the answer as it came."""

    command_id: str
    body: bytes
    answer: Redeemed | OfflineSettled


class CommandRejected(Struct, frozen=True):
    """The club said no for good."""

    command_id: str
    error: ClubError


class CommandGone(Struct, frozen=True):
    """The outbox has no such open command."""

    command_id: str


class ChangesCame(Struct, frozen=True):
    """Rows of the feeds."""

    answer: SyncAnswer


class SnapshotCame(Struct, frozen=True):
    """Everything."""

    snapshot: Snapshot


class Applied(Struct, frozen=True):
    """The mirror and its places are on the disk."""

    epoch: str
    places: Mapping[str, int]
    kinds: frozenset[str]


class ManifestCame(Struct, frozen=True):
    """A manifest is staged under `key` and lacks these media, of `total` in all; an empty key: nothing new.

    `bulky` are those of the missing that wait for the download window.
    """

    key: str = ""
    revision: int = 0
    missing: tuple[str, ...] = ()
    total: int = 0
    bulky: frozenset[str] = frozenset()


class MediaCame(Struct, frozen=True):
    """A medium is here, whole and verified."""

    sha256: str


class MediaPaused(Struct, frozen=True):
    """A medium made room for something more urgent; what came of it is kept."""

    sha256: str


class MediaFailed(Struct, frozen=True):
    """A medium did not come; what came of it is kept where it is of use."""

    sha256: str
    fault: Fault


class Beaten(Struct, frozen=True):
    """The heartbeat was heard; so many orders of staff wait."""

    orders: int = 0


class OrdersWaiting(Struct, frozen=True):
    """A push: staff want something of this device (C9)."""


class OrdersCame(Struct, frozen=True):
    """What staff want of this device, oldest first."""

    orders: tuple[DeviceCommand, ...]


class OrderDone(Struct, frozen=True):
    """The program carried an order out, or cannot (`state` "refused", and why)."""

    order_id: str
    state: Literal["done", "refused"]
    detail: str = ""


class OrderAnswered(Struct, frozen=True):
    """The server knows how the order ended: `state` as it is there, which is not ours when it was over before (`expired`)."""

    order_id: str
    state: str


class Closed(Struct, frozen=True):
    """The command's end is in the outbox."""

    command_id: str


class Flipped(Struct, frozen=True):
    """The staged manifest is the playing one."""

    manifest: Manifest


class Wiped(Struct, frozen=True):
    """Nothing is mirrored any more."""


class Failed(Struct, frozen=True):
    """The work under way failed."""

    fault: Fault
    error: ClubError | None = None


class StreamOpened(Struct, frozen=True):
    """The stream is open and said where the feeds stand."""

    epoch: str
    places: Mapping[str, int]


class Nudged(Struct, frozen=True):
    """A feed moved on to `seq`."""

    feed: str
    seq: int


class DisplayNudged(Struct, frozen=True):
    """A display has a new manifest."""

    slug: str
    revision: int


class StreamClosed(Struct, frozen=True):
    """The stream is not open (any more)."""

    fault: Fault


Input = (
    Started
    | EnrolAsked
    | Woken
    | Submitted
    | WipeAsked
    | Window
    | PictureChanged
    | TimedOut
    | Contact
    | Known
    | PairingCame
    | CommandAnswered
    | CommandRejected
    | CommandGone
    | ChangesCame
    | SnapshotCame
    | Applied
    | ManifestCame
    | MediaCame
    | MediaPaused
    | MediaFailed
    | Beaten
    | OrdersWaiting
    | OrdersCame
    | OrderDone
    | OrderAnswered
    | Closed
    | Flipped
    | Wiped
    | Failed
    | StreamOpened
    | Nudged
    | DisplayNudged
    | StreamClosed
)


# -- effects --------------------------------------------------------------------------------------------------------


class Call(Struct, frozen=True):
    """Ask the server. `key` is the command's or order's id or the enrolment code, `note` how an order ended: `state:detail`."""

    job: Job
    key: str = ""
    note: str = ""


class Apply(Struct, frozen=True):
    """Write these changes and places to the mirror in one transaction."""

    changes: tuple[Change, ...]
    epoch: str
    places: Mapping[str, int]
    at: datetime


class Replace(Struct, frozen=True):
    """Put the snapshot in the mirror's place in one transaction."""

    snapshot: Snapshot


class Settle(Struct, frozen=True):
    """Write the answer to the outbox."""

    command_id: str
    body: bytes
    answer: Redeemed | OfflineSettled


class Refuse(Struct, frozen=True):
    """Write the refusal to the outbox."""

    command_id: str
    error: ClubError


class Flip(Struct, frozen=True):
    """Make the staged manifest of that key the playing one."""

    key: str


class Fetch(Struct, frozen=True):
    """Download a medium, beside the line."""

    sha256: str


class StartTimer(Struct, frozen=True):
    """Ring after a random time between `low_s` and `high_s` seconds; a running timer of that name is replaced."""

    name: str
    low_s: float
    high_s: float


class OpenStream(Struct, frozen=True):
    """Try to open the event stream, on the reader's thread."""


class Tell(Struct, frozen=True):
    """Post this to the program."""

    event: SyncEvent


class TellOffline(Struct, frozen=True):
    """Post `Offline` with the last contact."""


class Wipe(Struct, frozen=True):
    """Take the mirror off the disk: the device was revoked, or the club wants it so."""


Work = Call | Apply | Replace | Settle | Refuse | Flip | Wipe
Effect = Work | Fetch | StartTimer | OpenStream | Tell | TellOffline
