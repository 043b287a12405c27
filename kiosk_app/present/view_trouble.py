"""Views of what did not work: no network, a card that is none of ours or blocked, no reader, any refusal."""

from typing import ClassVar, Literal, TypeAlias

from msgspec import Struct

from kiosk_app.present.view_base import Button, Tone, View

Mark: TypeAlias = Literal["yes", "no"]


class CheckRow(Struct, frozen=True):
    """What works and what does not."""

    mark: Mark = "yes"
    title: str = ""
    detail: str = ""


class HelpRow(Struct, frozen=True):
    """A way on: what it is, why, and (where it can be pressed) its button."""

    icon: str = ""
    title: str = ""
    detail: str = ""
    button: Button | None = None


class Banner(Struct, frozen=True):
    """A coloured strip with an icon and two lines."""

    icon: str = ""
    title: str = ""
    detail: str = ""
    tone: Tone = "danger"


class OfflineView(View, frozen=True, kw_only=True):
    """kiosk-16."""

    screen: ClassVar[str] = "offline"

    title: str = ""
    detail: str = ""
    status: str = ""
    checks: tuple[CheckRow, ...] = ()
    buttons: tuple[Button, ...] = ()


class ErrorView(View, frozen=True, kw_only=True):
    """Any refusal in calm words: what happened, what to do. `illustration`: "card", "offline", "blocked", "reader", "sold-out".

    `code` and the line below it are for staff, on a device that is not enrolled; no error code is ever shown.
    """

    screen: ClassVar[str] = "error"

    illustration: str = "card"
    title: str = ""
    detail: str = ""
    code: str = ""
    code_line: str = ""
    banner: Banner | None = None
    buttons: tuple[Button, ...] = ()


class UnknownCardView(View, frozen=True, kw_only=True):
    """kiosk-31. `staff_title` and `staff_note`: facts of the card for staff, never its number."""

    screen: ClassVar[str] = "unknown_card"

    title: str = ""
    detail: str = ""
    rows: tuple[HelpRow, ...] = ()
    staff_title: str = ""
    staff_note: str = ""
    buttons: tuple[Button, ...] = ()


class ReaderLostView(View, frozen=True, kw_only=True):
    """kiosk-32."""

    screen: ClassVar[str] = "reader_lost"

    title: str = ""
    detail: str = ""
    status: str = ""
    checks: tuple[CheckRow, ...] = ()
    buttons: tuple[Button, ...] = ()


class BlockedCardView(View, frozen=True, kw_only=True):
    """kiosk-33."""

    screen: ClassVar[str] = "blocked_card"

    title: str = ""
    detail: str = ""
    banner: Banner | None = None
    rows: tuple[HelpRow, ...] = ()
    footnote: str = ""
    buttons: tuple[Button, ...] = ()
