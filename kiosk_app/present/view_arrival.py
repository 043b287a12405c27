"""Views of the screens before a member is known: attract, tap hint, reading."""

from typing import ClassVar

from msgspec import Struct

from kiosk_app.present.view_base import NO_BUTTON, Button, View


class Highlight(Struct, frozen=True):
    """What the club has to offer just now, number `place` (from 0) of `of` that take turns."""

    tag: str = ""
    title: str = ""
    line: str = ""
    picture: str = ""
    place: int = 0
    of: int = 0


class AttractView(View, frozen=True, kw_only=True):
    """kiosk-01. `welcome` is one or two lines, split by a line feed; `tap` is "" while the reader is gone."""

    screen: ClassVar[str] = "attract"
    night: ClassVar[bool] = True

    welcome: str = ""
    invitation: str = ""
    tap: str = ""
    tap_second: str = ""
    notice: str = ""
    highlight: Highlight | None = None


class TapView(View, frozen=True, kw_only=True):
    """kiosk-02. `phone` is the way in without a card."""

    screen: ClassVar[str] = "tap"
    night: ClassVar[bool] = True

    title: str = ""
    detail: str = ""
    card_word: str = ""
    card_number: str = ""
    phone: Button = NO_BUTTON


class ReadingView(View, frozen=True, kw_only=True):
    """kiosk-03. Before the card is known: `tier` "generic" and no card number."""

    screen: ClassVar[str] = "reading"

    tier: str = "generic"
    card_word: str = ""
    card_number: str = ""
    title: str = ""
    detail: str = ""
    privacy: str = ""
    privacy_detail: str = ""
