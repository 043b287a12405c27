"""Fonts, art, sounds and design tokens of the product, by name."""

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
from club.resources.theme import Colour, Theme, ThemeFault, theme

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
    "theme",
]
