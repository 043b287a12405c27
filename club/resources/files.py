"""Finds the files that ship with the product: art, sounds, fonts, demo content and settings."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

FontRole = Literal["sans", "sans-bold", "serif-bold"]

FONT_FILES: Mapping[FontRole, str] = {
    "sans": "NotoSansSC-Regular.otf",
    "sans-bold": "NotoSansSC-Bold.otf",
    "serif-bold": "NotoSerifSC-Bold.otf",
}
"""File of each role. The Simplified Chinese faces are taken from Debian's fonts-noto-cjk at set-up (see fonts_build)."""

ASSETS_VARIABLE = "CLUB_ASSETS"
FONTS_VARIABLE = "CLUB_FONTS"
CONFIG_VARIABLE = "CLUB_CONFIG"

_CHECKOUT = Path(__file__).resolve().parents[2]
_ART_ENDINGS = (".png", ".jpg", ".svg")
_PICTURE_FOLDERS = ("activities", "activities/share", "rewards", "refreshments", "cards", "ui/hero", "ui/cars")


class ResourceMissing(LookupError):
    """A file of the product is not where it should be; the message says what to do about it."""


def assets_dir() -> Path:
    """Return the folder of art, sounds and tokens: ``$CLUB_ASSETS`` or ``assets/`` of the source checkout."""
    return _folder(ASSETS_VARIABLE, _CHECKOUT / "assets", "the product's art and tokens")


def config_dir() -> Path:
    """Return the folder of settings files: ``$CLUB_CONFIG`` or ``config/`` of the source checkout."""
    return _folder(CONFIG_VARIABLE, _CHECKOUT / "config", "the settings files")


def demo_dir() -> Path:
    """Return the folder of demo content (TOML and CSV, described in its README)."""
    return config_dir() / "demo"


def theme_file() -> Path:
    """Return the design tokens file."""
    return _existing(assets_dir() / "theme.toml", "the design tokens")


def art(name: str) -> Path:
    """Return one piece of art by its path below ``assets/art``.

    Args:
        name: such as ``icons/png-72/gift`` or ``ui/mark/mark.svg``; the ending may be left out.

    Raises:
        ResourceMissing: when there is no such piece; names close to it are listed.
    """
    root = assets_dir() / "art"
    if ".." in PurePosixPath(name).parts or name.startswith("/"):
        msg = f"expected the name of a picture below {root.name}/, such as icons/png-72/gift; found {name!r}"
        raise ResourceMissing(msg)
    for candidate in _with_endings(root / name):
        if candidate.is_file():
            return candidate
    msg = f"expected a picture {name!r} below {root}; found none{_did_you_mean(root, name)}"
    raise ResourceMissing(msg)


def picture(slug: str) -> Path:
    """Return the content picture that programme data name by a bare slug, such as ``lakeside-road-trip``.

    Raises:
        ResourceMissing: when no content folder holds it.
    """
    root = assets_dir() / "art"
    for folder in _PICTURE_FOLDERS:
        for candidate in _with_endings(root / folder / slug):
            if candidate.is_file():
                return candidate
    msg = f"expected a picture {slug!r} in one of {', '.join(_PICTURE_FOLDERS)} below {root}; found none"
    raise ResourceMissing(msg)


def sound(name: str) -> Path:
    """Return a sound (WAV, mono, 44.1 kHz), such as ``tap``, ``key``, ``success`` or ``error``."""
    return _existing(assets_dir() / "art" / "sounds" / f"{name.removesuffix('.wav')}.wav", f"the sound {name!r}")


def fonts_dir() -> Path:
    """Return the folder where fonts are kept: ``$CLUB_FONTS`` or ``.cache/fonts`` of the source checkout."""
    return Path(os.environ.get(FONTS_VARIABLE) or _CHECKOUT / ".cache" / "fonts")


def font(role: FontRole) -> Path:
    """Return the OpenType file for a role: ``sans``, ``sans-bold`` or ``serif-bold`` (Simplified Chinese faces).

    Raises:
        ResourceMissing: for an unknown role, or when set-up has not taken the fonts yet.
    """
    if role not in FONT_FILES:
        msg = f"expected a font role out of {', '.join(get_args(FontRole))}; found {role!r}"
        raise ResourceMissing(msg)
    path = fonts_dir() / FONT_FILES[role]
    if path.is_file():
        return path
    msg = (
        f"expected the font {path.name} in {path.parent}; it is not there. "
        f"Run ./dev set-up, which takes it from Debian's fonts-noto-cjk, or point {FONTS_VARIABLE} at the folder that holds it"
    )
    raise ResourceMissing(msg)


def check_fonts() -> None:
    """See that the font of each role is there, before a program opens its window.

    Raises:
        ResourceMissing: as `font`.
    """
    for role in FONT_FILES:
        font(role)


def _folder(variable: str, default: Path, what: str) -> Path:
    chosen = os.environ.get(variable)
    path = Path(chosen) if chosen else default
    if path.is_dir():
        return path
    origin = f"named by {variable}" if chosen else "beside the code"
    msg = f"expected {what} in the folder {path}, {origin}; there is no such folder. Set {variable} to where they are"
    raise ResourceMissing(msg)


def _existing(path: Path, what: str) -> Path:
    if path.is_file():
        return path
    msg = f"expected {what} at {path}; there is no such file. Set {ASSETS_VARIABLE} to the folder that holds it"
    raise ResourceMissing(msg)


def _with_endings(path: Path) -> Iterator[Path]:
    yield path
    for ending in _ART_ENDINGS:
        yield path.with_name(path.name + ending)


def _did_you_mean(root: Path, name: str) -> str:
    from difflib import get_close_matches

    known = [str(path.relative_to(root).with_suffix("")) for path in root.rglob("*.*") if path.suffix in _ART_ENDINGS]
    close = get_close_matches(name, known, n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(close)}?" if close else ""
