"""What large text is made of: a page of blocks, one below the other. Pure values; `of` in `pages` makes them from a view."""

from typing import TypeAlias

from msgspec import Struct

from kiosk_app.present import views


class Title(Struct, frozen=True):
    """What the page is."""

    text: str = ""


class Words(Struct, frozen=True):
    """A paragraph; `strong` bold, `accent` in the colour that stands out."""

    text: str = ""
    strong: bool = False
    accent: bool = False


class Number(Struct, frozen=True):
    """A number that matters now: the seconds that are left."""

    text: str = ""


class Figures(Struct, frozen=True):
    """Points to spend, very large; the other track beside them."""

    label: str = ""
    value: str = ""
    note: str = ""
    second_label: str = ""
    second_value: str = ""
    second_note: str = ""


class Push(Struct, frozen=True):
    """A button; the `primary` one stands out. Without an action or not `enabled` it is grey."""

    text: str = ""
    action: str = ""
    arg: str = ""
    icon: str = ""
    primary: bool = False
    enabled: bool = True
    careful: bool = False
    inverse: bool = False  # in the colours of the text, turned round: signing out


class Tiles(Struct, frozen=True):
    """Ways on, two in a row."""

    pushes: tuple[Push, ...] = ()


class Choices(Struct, frozen=True):
    """Choices in as many rows as they need."""

    chips: tuple[views.Chip, ...] = ()


class Card(Struct, frozen=True):
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


class Code(Struct, frozen=True):
    """A voucher's code, to be scanned or read aloud."""

    qr: str = ""
    code: str = ""


class Pad(Struct, frozen=True):
    """The PIN's marks and the twelve keys."""

    dots: tuple[str, ...] = ()
    keys: tuple[views.PinKey, ...] = ()


class Stepper(Struct, frozen=True):
    """One less, how many, one more."""

    label: str = ""
    value: str = ""
    can_less: bool = False
    can_more: bool = False


class Waiting(Struct, frozen=True):
    """Something is under way."""


Block: TypeAlias = Title | Words | Number | Figures | Push | Tiles | Choices | Card | Code | Pad | Stepper | Waiting


class Page(Struct, frozen=True):
    """A page: what scrolls, the buttons that stand below it whatever is in sight, and whether the dock does."""

    blocks: tuple[Block, ...] = ()
    foot: tuple[Push, ...] = ()
    dock: bool = True
