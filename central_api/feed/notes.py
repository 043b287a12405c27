"""What a unit of work notes for whoever listens once it has committed: numbers and names, never the data."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Nudge:
    """A feed has grown to `seq`: worth a pull."""

    feed: str
    seq: int


@dataclass(frozen=True, slots=True)
class DisplayHint:
    """A display's manifest has a new revision."""

    feed: str
    slug: str
    revision: int


@dataclass(frozen=True, slots=True)
class CommandHint:
    """So many commands of staff wait for a device."""

    device_id: str
    waiting: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A device is let in no longer: its streams end."""

    device_id: str


Note: TypeAlias = Nudge | DisplayHint | CommandHint | Closed
