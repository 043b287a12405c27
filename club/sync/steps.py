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
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class Started:
    """The program runs; what the store held is in the state."""


@dataclass(frozen=True, slots=True)
class EnrolAsked:
    """Somebody typed a one-time code."""

    code: str


@dataclass(frozen=True, slots=True)
class Woken:
    """Somebody wants fresh data now."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A command is in the outbox; those of one `lane` (a member) are carried out in their order, an empty one has none."""

    command_id: str
    lane: str = ""


@dataclass(frozen=True, slots=True)
class WipeAsked:
    """The club wants the mirror off this device (X2); it is filled anew as long as the device is enrolled."""


@dataclass(frozen=True, slots=True)
class Window:
    """The download window opened or closed."""

    is_open: bool


@dataclass(frozen=True, slots=True)
class PictureChanged:
    """Something else is on the glass; the server should hear of it."""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """A timer rang."""

    timer: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Another thread of the program reached the server, or did not."""

    ok: bool


@dataclass(frozen=True, slots=True)
class Known:
    """The server says who this device is; it is kept in the store. `moved`: another store than before, and the mirror is empty."""

    enrolled: Enrolled
    moved: bool = False


@dataclass(frozen=True, slots=True)
class PairingCame:
    """The code that adds this device, or that it was entered (C9)."""

    pairing: Pairing


@dataclass(frozen=True, slots=True)
class CommandAnswered:
    """The club carried the command out; `body` is the answer as it came."""

    command_id: str
    body: bytes
    answer: Redeemed | OfflineSettled


@dataclass(frozen=True, slots=True)
class CommandRejected:
    """The club said no for good."""

    command_id: str
    error: ClubError


@dataclass(frozen=True, slots=True)
class CommandGone:
    """The outbox has no such open command."""

    command_id: str


@dataclass(frozen=True, slots=True)
class ChangesCame:
    """Rows of the feeds."""

    answer: SyncAnswer


@dataclass(frozen=True, slots=True)
class SnapshotCame:
    """Everything."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Applied:
    """The mirror and its places are on the disk."""

    epoch: str
    places: Mapping[str, int]
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class ManifestCame:
    """A manifest is staged under `key` and lacks these media, of `total` in all; an empty key: nothing new.

    `bulky` are those of the missing that wait for the download window.
    """

    key: str = ""
    revision: int = 0
    missing: tuple[str, ...] = ()
    total: int = 0
    bulky: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MediaCame:
    """A medium is here, whole and verified."""

    sha256: str


@dataclass(frozen=True, slots=True)
class MediaPaused:
    """A medium made room for something more urgent; what came of it is kept."""

    sha256: str


@dataclass(frozen=True, slots=True)
class MediaFailed:
    """A medium did not come; what came of it is kept where it is of use."""

    sha256: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Beaten:
    """The heartbeat was heard; so many orders of staff wait."""

    orders: int = 0


@dataclass(frozen=True, slots=True)
class OrdersWaiting:
    """A push: staff want something of this device (C9)."""


@dataclass(frozen=True, slots=True)
class OrdersCame:
    """What staff want of this device, oldest first."""

    orders: tuple[DeviceCommand, ...]


@dataclass(frozen=True, slots=True)
class OrderDone:
    """The program carried an order out, or cannot (`state` "refused", and why)."""

    order_id: str
    state: Literal["done", "refused"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class OrderAnswered:
    """The server knows how the order ended: `state` as it is there, which is not ours when it was over before (`expired`)."""

    order_id: str
    state: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The command's end is in the outbox."""

    command_id: str


@dataclass(frozen=True, slots=True)
class Flipped:
    """The staged manifest is the playing one."""

    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Wiped:
    """Nothing is mirrored any more."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The work under way failed."""

    fault: Fault
    error: ClubError | None = None


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """The stream is open and said where the feeds stand."""

    epoch: str
    places: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Nudged:
    """A feed moved on to `seq`."""

    feed: str
    seq: int


@dataclass(frozen=True, slots=True)
class DisplayNudged:
    """A display has a new manifest."""

    slug: str
    revision: int


@dataclass(frozen=True, slots=True)
class StreamClosed:
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


@dataclass(frozen=True, slots=True)
class Call:
    """Ask the server. `key` is the command's or order's id or the enrolment code, `note` how an order ended: `state:detail`."""

    job: Job
    key: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Apply:
    """Write these changes and places to the mirror in one transaction."""

    changes: tuple[Change, ...]
    epoch: str
    places: Mapping[str, int]
    at: datetime


@dataclass(frozen=True, slots=True)
class Replace:
    """Put the snapshot in the mirror's place in one transaction."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Settle:
    """Write the answer to the outbox."""

    command_id: str
    body: bytes
    answer: Redeemed | OfflineSettled


@dataclass(frozen=True, slots=True)
class Refuse:
    """Write the refusal to the outbox."""

    command_id: str
    error: ClubError


@dataclass(frozen=True, slots=True)
class Flip:
    """Make the staged manifest of that key the playing one."""

    key: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """Download a medium, beside the line."""

    sha256: str


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Ring after a random time between `low_s` and `high_s` seconds; a running timer of that name is replaced."""

    name: str
    low_s: float
    high_s: float


@dataclass(frozen=True, slots=True)
class OpenStream:
    """Try to open the event stream, on the reader's thread."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Post this to the program."""

    event: SyncEvent


@dataclass(frozen=True, slots=True)
class TellOffline:
    """Post `Offline` with the last contact."""


@dataclass(frozen=True, slots=True)
class Wipe:
    """Take the mirror off the disk: the device was revoked, or the club wants it so."""


Work = Call | Apply | Replace | Settle | Refuse | Flip | Wipe
Effect = Work | Fetch | StartTimer | OpenStream | Tell | TellOffline
