"""Colours of large text by what they say: the light palette, or white and yellow on black."""

from msgspec import Struct

LINE_PX = 6


class Look(Struct, frozen=True):
    """Colour roles of `club.ui.theme`."""

    ground: str
    text: str
    border: str
    panel: str
    accent: str
    accent_text: str
    on_accent: str
    exit_fill: str
    exit_text: str
    dead: str
    pressed: str


LIGHT = Look(
    "ground",
    "ink",
    "ink",
    "surface",
    "jade",
    "jade",
    "on_jade",
    exit_fill="ink",
    exit_text="white",
    dead="ink_3",
    pressed="surface_2",
)
CONTRAST = Look(
    "contrast.ground",
    "contrast.text",
    "contrast.border",
    "contrast.ground",
    "contrast.accent",
    "contrast.accent",
    "contrast.on_accent",
    exit_fill="contrast.text",
    exit_text="contrast.on_accent",
    dead="#A8A8A8",
    pressed="contrast.panel",
)


def look(*, contrast: bool) -> Look:
    """The colours of a view."""
    return CONTRAST if contrast else LIGHT
