"""Views of the screens before a member is known: attract, tap hint, reading."""

from dataclasses import dataclass
from typing import ClassVar

from kiosk_app.present.view_base import NO_BUTTON, Button, View


@dataclass(frozen=True, slots=True)
class Highlight:
    """What the club has to offer just now, number `place` (from 0) of `of` that take turns."""

    tag: str = ""
    title: str = ""
    line: str = ""
    picture: str = ""
    place: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AttractView(View):
    """kiosk-01. `welcome` is one or two lines, split by a line feed; `tap` is "" while the reader is gone."""

    screen: ClassVar[str] = "attract"
    night: ClassVar[bool] = True

    welcome: str = ""
    invitation: str = ""
    tap: str = ""
    tap_second: str = ""
    notice: str = ""
    highlight: Highlight | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TapView(View):
    """kiosk-02. `phone` is the way in without a card."""

    screen: ClassVar[str] = "tap"
    night: ClassVar[bool] = True

    title: str = ""
    detail: str = ""
    card_word: str = ""
    card_number: str = ""
    phone: Button = NO_BUTTON


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingView(View):
    """kiosk-03. Before the card is known: `tier` "generic" and no card number."""

    screen: ClassVar[str] = "reading"

    tier: str = "generic"
    card_word: str = ""
    card_number: str = ""
    title: str = ""
    detail: str = ""
    privacy: str = ""
    privacy_detail: str = ""
