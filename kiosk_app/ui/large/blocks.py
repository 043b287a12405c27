"""What large text is made of: a page of blocks, one below the other. Pure values; `of` in `pages` makes them from a view."""

from dataclasses import dataclass
from typing import TypeAlias

from kiosk_app.present import views


@dataclass(frozen=True, slots=True)
class Title:
    """What the page is."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; `strong` bold, `accent` in the colour that stands out."""

    text: str = ""
    strong: bool = False
    accent: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A number that matters now: the seconds that are left."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Points to spend, very large; the other track beside them."""

    label: str = ""
    value: str = ""
    note: str = ""
    second_label: str = ""
    second_value: str = ""
    second_note: str = ""


@dataclass(frozen=True, slots=True)
class Push:
    """A button; the `primary` one stands out. Without an action or not `enabled` it is grey."""

    text: str = ""
    action: str = ""
    arg: str = ""
    icon: str = ""
    primary: bool = False
    enabled: bool = True
    careful: bool = False
    inverse: bool = False  # in the colours of the text, turned round: signing out


@dataclass(frozen=True, slots=True)
class Tiles:
    """Ways on, two in a row."""

    pushes: tuple[Push, ...] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """Choices in as many rows as they need."""

    chips: tuple[views.Chip, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A framed thing: a reward, a voucher, a movement, a fact. With an `action` all of it can be pressed; `push` is a button in it.

    A `picture` takes the place of the icon; `dim` fades it.
    """

    icon: str = ""
    title: str = ""
    lines: tuple[str, ...] = ()
    figure: str = ""
    action: str = ""
    arg: str = ""
    push: Push | None = None
    picture: str = ""
    dim: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """A voucher's code, to be scanned or read aloud."""

    qr: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Pad:
    """The PIN's marks and the twelve keys."""

    dots: tuple[str, ...] = ()
    keys: tuple[views.PinKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Stepper:
    """One less, how many, one more."""

    label: str = ""
    value: str = ""
    can_less: bool = False
    can_more: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something is under way."""


Block: TypeAlias = Title | Words | Number | Figures | Push | Tiles | Choices | Card | Code | Pad | Stepper | Waiting


@dataclass(frozen=True, slots=True)
class Page:
    """A page: what scrolls, the buttons that stand below it whatever is in sight, and whether the dock does."""

    blocks: tuple[Block, ...] = ()
    foot: tuple[Push, ...] = ()
    dock: bool = True
