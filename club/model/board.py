"""What a display is given to show: boards with their frozen fields and data, playlists, slots, ticker, prompts, notices."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from club.model.text import Text

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TEMPLATES = (
    "activity",
    "share",
    "tier-promo",
    "menu",
    "service-progress",
    "promise",
    "image",
    "countdown",
    "refill",
    "notice",
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by its content: hex SHA-256, size in bytes, media type."""

    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """An activity as a board tells of it. `left` counts places (0: full, waiting list), `fee_points` 0 is free."""

    slug: str
    kind: Text
    title: Text
    place: Text
    starts: datetime
    ends: datetime
    left: int
    unit: Text
    fee_points: int
    picture: str  # SHA-256, empty: the template draws
    url: str  # what the sign-up QR says


@dataclass(frozen=True, slots=True)
class MenuLine:
    """A refreshment on a board."""

    slug: str
    name: Text
    line: Text
    picture: str
    sold_out: bool


@dataclass(frozen=True, slots=True)
class TierLine:
    """A tier on the promotion board; `tier_points` is its threshold, `maintenance_percent` what is paid for servicing (85: 15 % off)."""

    slug: str
    rank: int
    name: Text
    summary: Text
    tier_points: int


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """One promise of service with its number, such as 18 minutes."""

    slug: str
    title: Text
    line: Text


@dataclass(frozen=True, slots=True)
class Board:
    """One published version of a board, frozen with its data (C2).

    `fields` maps `label title line action side foot when contact text` to wording in which `{left} {date} {days} {state}`
    stand for data; `pictures` are SHA-256 in the template's order (first: the main picture). An empty `weekdays` is every day.
    """

    slug: str
    version: int
    template: str
    fields: Mapping[str, Text]
    dwell_s: int
    pictures: tuple[str, ...] = ()
    starts: datetime | None = None
    ends: datetime | None = None
    weekdays: tuple[str, ...] = ()
    activity: ActivityLine | None = None
    upcoming: tuple[ActivityLine, ...] = ()
    menu: tuple[MenuLine, ...] = ()
    tiers: tuple[TierLine, ...] = ()
    promises: tuple[PromiseLine, ...] = ()
    until: datetime | None = None  # what `{days}` counts down to
    on: date | None = None  # what `{date}` says when no activity is bound
    url: str = ""  # what the board's QR says when no activity is bound

    def text(self, name: str) -> Text:
        """The field `name`, empty when this board has none."""
        return self.fields.get(name, Text(""))

    def media(self) -> frozenset[str]:
        """The SHA-256 of every picture on it, its data's included."""
        activities = (*self.upcoming, *((self.activity,) if self.activity else ()))
        told = (*(one.picture for one in activities), *(line.picture for line in self.menu))
        return frozenset((*self.pictures, *told)) - {""}


@dataclass(frozen=True, slots=True)
class Playlist:
    """Boards in their order, by slug."""

    slug: str
    boards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """When a playlist plays: minutes of the local day, `from_minute` <= now < `to_minute`; `on` limits it to one date."""

    layer: str  # event | daypart | default
    playlist: str
    from_minute: int = 0
    to_minute: int = 24 * 60
    weekdays: tuple[str, ...] = ()
    on: date | None = None


@dataclass(frozen=True, slots=True)
class TickerItem:
    """One text of the ticker; `activity` fills its `{date}` and `{left}`."""

    text: Text
    activity: ActivityLine | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A refreshment prompt: its board is shown for `seconds` at the start of every `every_s` of the local day (S3)."""

    board: Board
    every_s: int
    seconds: int
    from_minute: int = 0
    to_minute: int = 24 * 60


@dataclass(frozen=True, slots=True)
class Notice:
    """An urgent notice: covers everything between its start and its end (L2)."""

    board: Board
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Manifest:
    """All a display needs to play on for ever without a network (L4, L5).

    `revision` rises with every change, `digest` is the SHA-256 of everything else; `media` lists each picture it refers to.
    """

    display: str
    revision: int
    digest: str
    club: Text
    store: Text
    time_zone: str  # IANA
    language: str
    boards: Mapping[str, Board]
    playlists: tuple[Playlist, ...]
    slots: tuple[Slot, ...]
    ticker: tuple[TickerItem, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    notices: tuple[Notice, ...] = ()
    media: tuple[Picture, ...] = ()
    layout: str = "single"
    stale_after_s: int = 120
    ticker_px_per_s: int = 90
    extra: Mapping[str, str] = field(default_factory=dict)  # for a newer server's hints; ignored by this version
