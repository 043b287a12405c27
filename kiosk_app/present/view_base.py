"""What the views of all screens are made of: the frame around a screen, buttons, choices, and the note where nothing is yet."""

from typing import ClassVar, Literal, TypeAlias

from msgspec import Struct

Tone: TypeAlias = Literal["jade", "ink", "soft", "plain", "warn", "danger"]
"""Colour by role: what it says, never which hex value."""


class Header(Struct, frozen=True):
    """The read-only top of every screen. `offline` is the words of the mark."""

    club: str = ""
    place: str = ""
    clock: str = ""
    offline: str = ""


class Dock(Struct, frozen=True):
    """The bar at the bottom: labels of what can be pressed; with `seconds` the ring around them, `share` of it (0 to 1) lit.

    `large` switches text size and contrast ("大字", and "标准字" while large), `language` the language ("EN", "中文").
    `short` is `exit` with the time that is left, in large text: "退出 55 秒".
    """

    back: str = ""
    home: str = ""
    large: str = ""
    language: str = ""
    exit: str = ""
    seconds: str = ""
    share: float = 0.0
    short: str = ""


class Button(Struct, frozen=True):
    """A button with what it tells. A disabled one is grey and tells nothing."""

    text: str = ""
    action: str = ""
    arg: str = ""
    icon: str = ""
    tone: Tone = "jade"
    enabled: bool = True


NO_BUTTON = Button()


class TimeoutSheet(Struct, frozen=True):
    """kiosk-17, over any screen: "are you still there?"."""

    seconds: str = ""
    share: float = 0.0
    title: str = ""
    detail: str = ""
    leave: str = ""
    stay: str = ""


class View(Struct, frozen=True, kw_only=True):
    """What all screens have. `large`: text of half as much again, in one column; `contrast`: white and yellow on black (kiosk-20 has both)."""

    screen: ClassVar[str] = ""
    night: ClassVar[bool] = False

    large: bool = False
    contrast: bool = False

    header: Header = Header()
    dock: Dock = Dock()
    timeout: TimeoutSheet | None = None


class EmptyNote(Struct, frozen=True):
    """kiosk-36: nothing is there yet; a sentence and the next step. `illustration`: "vouchers", "activities", "points", "rewards"."""

    illustration: str = "points"
    title: str = ""
    detail: str = ""
    button: Button | None = None


class Chip(Struct, frozen=True):
    """A choice in a row of choices."""

    text: str = ""
    action: str = ""
    arg: str = ""
    icon: str = ""
    on: bool = False
