"""Fonts, art and sounds of the product by name; the design tokens are `club.resources.theme.theme()`."""

from club.resources.files import (
    FontRole,
    ResourceMissing,
    art,
    assets_dir,
    config_dir,
    demo_dir,
    font,
    picture,
    sound,
)
from club.resources.theme import Colour, Theme, ThemeFault

__all__ = [
    "Colour",
    "FontRole",
    "ResourceMissing",
    "Theme",
    "ThemeFault",
    "art",
    "assets_dir",
    "config_dir",
    "demo_dir",
    "font",
    "picture",
    "sound",
]
