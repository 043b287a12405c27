"""What a manifest is made of: plain frozen values, read from rows once and then only computed with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

import msgspec

from central_api.db import Tx
from club.model.board import ActivityLine, MenuLine, PromiseLine, TierLine
from club.model.text import Text

TICKER_PX_PER_S = 90
"""How fast a ticker runs that nobody set otherwise, in px per second of a screen 1920 px wide."""


class Bind(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which data a board follows; slugs and switches only, so that a version can be frozen while its data live on.

    Attributes:
        activity: slug of the activity whose places, date and picture the board tells.
        upcoming: how many further open activities stand beside it.
        shares: slugs of members' stories, in their order.
        ladder: `points` lists the tiers, and tells when points expire next.
        menu: slugs of refreshments; `substitutes` stand in for those sold out.
        promises: slugs of promises.
        until: what `{days}` counts down to.
        expiry: `next-batch` lets `{date}` say when points expire next.
        live: a live board (service progress), which no manifest can hold.
        url: what the QR says when no activity is bound.
    """

    activity: str = ""
    upcoming: int = 0
    shares: tuple[str, ...] = ()
    ladder: str = ""
    menu: tuple[str, ...] = ()
    substitutes: tuple[str, ...] = ()
    promises: tuple[str, ...] = ()
    until: datetime | None = None
    expiry: str = ""
    live: str = ""
    url: str = ""


class Fields(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a board that staff edit, and that a version freezes whole."""

    template: str
    texts: dict[str, Text]
    picture: str = ""  # SHA-256 in the media store, empty: the template draws
    dwell_s: int = 15
    starts: datetime | None = None
    ends: datetime | None = None
    weekdays: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    bind: Bind = Bind()

    def text(self, name: str) -> Text:
        """The wording `name`, empty when there is none."""
        return self.texts.get(name, Text(""))


@dataclass(frozen=True, slots=True)
class Published:
    """A board as it may be played: its newest frozen version."""

    slug: str
    version: int
    fields: Fields


@dataclass(frozen=True, slots=True)
class PlaylistContent:
    """Boards in their order."""

    slug: str
    boards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlotContent:
    """When a playlist plays on a display."""

    layer: str
    playlist: str
    from_minute: int
    to_minute: int
    weekdays: tuple[str, ...] = ()
    on: date | None = None


@dataclass(frozen=True, slots=True)
class TickerLine:
    """A text of the ticker and the activity that fills it, empty for none."""

    text: Text
    activity: str = ""


@dataclass(frozen=True, slots=True)
class PromptContent:
    """A refreshment prompt (S3)."""

    slug: str
    fields: Fields
    every_s: int
    seconds: int
    from_minute: int
    to_minute: int


@dataclass(frozen=True, slots=True)
class NoticeContent:
    """An urgent notice that was sent (L2)."""

    slug: str
    fields: Fields
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class DisplayContent:
    """A display and everything scheduled on it."""

    slug: str
    store: str
    language: str
    layout: str = "single"
    boards: tuple[Published, ...] = ()
    playlists: tuple[PlaylistContent, ...] = ()
    slots: tuple[SlotContent, ...] = ()
    ticker: tuple[TickerLine, ...] = ()
    ticker_px_per_s: int = TICKER_PX_PER_S
    prompts: tuple[PromptContent, ...] = ()
    notices: tuple[NoticeContent, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundData:
    """The live data that boards follow, and the store's own, as other features tell them for one store.

    `time_zone` is an IANA name; `activities` holds every known activity, `open_activities` the slugs one can sign up for, soonest first;
    `shares` the pictures of members' stories; `expires_on` the last day of the points that expire next.
    """

    club: Text
    store_name: Text
    time_zone: str
    activities: Mapping[str, ActivityLine] = field(default_factory=dict)
    open_activities: tuple[str, ...] = ()
    shares: Mapping[str, str] = field(default_factory=dict)
    menu: Mapping[str, MenuLine] = field(default_factory=dict)
    tiers: tuple[TierLine, ...] = ()
    promises: Mapping[str, PromiseLine] = field(default_factory=dict)
    expires_on: date | None = None


class BoundReader(Protocol):
    """Reads the data boards follow; wired by whoever knows the features above the boards."""

    def __call__(self, tx: Tx, store: str, now: datetime) -> BoundData:
        """The data of one store as they are in this transaction."""
        ...


def fields_from_json(value: Mapping[str, Any]) -> Fields:
    """The fields in a JSON column.

    Raises:
        msgspec.ValidationError: the column holds something else; says where.
    """
    return msgspec.convert(value, Fields)


def fields_to_json(fields: Fields) -> dict[str, Any]:
    """What goes into a JSON column."""
    found: dict[str, Any] = msgspec.to_builtins(fields)
    return found
