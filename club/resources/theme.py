"""The design tokens of ``assets/theme.toml`` as typed, frozen values."""

import dataclasses
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self, get_args, get_origin, get_type_hints

from club.resources import files

_SHORT_HEX, _LONG_HEX = len("#RRGGBB"), len("#RRGGBBAA")


class ThemeFault(ValueError):
    """The tokens file does not say what the code expects of it."""


@dataclass(frozen=True, slots=True)
class Colour:
    """An sRGB colour with straight alpha, each channel 0 to 255."""

    red: int
    green: int
    blue: int
    alpha: int = 255

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``#RRGGBB`` or ``#RRGGBBAA``.

        Raises:
            ThemeFault: for anything else.
        """
        try:
            if not text.startswith("#") or len(text) not in {_SHORT_HEX, _LONG_HEX}:
                raise ValueError
            return cls(*bytes.fromhex(text[1:]))
        except ValueError:
            msg = f"expected a colour as #RRGGBB or #RRGGBBAA; found {text!r}"
            raise ThemeFault(msg) from None

    @property
    def hex(self) -> str:
        """The colour as ``#RRGGBB``, with alpha appended only where it is not full."""
        channels = (self.red, self.green, self.blue) if self.alpha == 255 else dataclasses.astuple(self)
        return "#" + bytes(channels).hex().upper()

    @property
    def rgba(self) -> tuple[float, float, float, float]:
        """Channels from 0.0 to 1.0, as Kivy takes them."""
        return self.red / 255, self.green / 255, self.blue / 255, self.alpha / 255

    @property
    def rgba8(self) -> tuple[int, int, int, int]:
        """Channels from 0 to 255, as Pillow takes them."""
        return self.red, self.green, self.blue, self.alpha

    def faded(self, opacity: float) -> Self:
        """Return the same colour at ``opacity`` (0.0 to 1.0) of its alpha."""
        return dataclasses.replace(self, alpha=round(self.alpha * opacity))


@dataclass(frozen=True, slots=True)
class Light:
    """Porcelain: the ground of every touch screen."""

    ground: Colour
    surface: Colour
    surface_2: Colour
    line: Colour
    ink: Colour
    ink_2: Colour
    ink_3: Colour
    jade: Colour
    jade_press: Colour
    jade_soft: Colour
    jade_mid: Colour
    on_jade: Colour
    warn: Colour
    warn_soft: Colour
    danger: Colour
    danger_soft: Colour


@dataclass(frozen=True, slots=True)
class Night:
    """Ink: idle screens and the lounge."""

    ground: Colour
    surface: Colour
    surface_2: Colour
    line: Colour
    snow: Colour
    snow_2: Colour
    snow_3: Colour
    jade: Colour
    on_jade: Colour
    warn: Colour
    on_warn: Colour
    danger: Colour


@dataclass(frozen=True, slots=True)
class HighContrast:
    """The palette of the accessible kiosk layout; ``border_width`` in px."""

    ground: Colour
    text: Colour
    accent: Colour
    on_accent: Colour
    border: Colour
    panel: Colour
    border_width: int


@dataclass(frozen=True, slots=True)
class Plate:
    """Number plates: fuel blue and new-energy green."""

    fuel_bg: Colour
    fuel_text: Colour
    nev_bg_top: Colour
    nev_bg_bottom: Colour
    nev_text: Colour


@dataclass(frozen=True, slots=True)
class Scrim:
    """What is laid over a screen behind a sheet."""

    modal: Colour
    timeout: Colour
    notice: Colour


@dataclass(frozen=True, slots=True)
class Palette:
    """All colours, by the ground they belong to."""

    light: Light
    night: Night
    high_contrast: HighContrast
    plate: Plate
    scrim: Scrim


@dataclass(frozen=True, slots=True)
class TierLook:
    """How one tier's card is drawn: gradient from light to dark, text colour, contour lines, pips."""

    label_zh: str
    label_en: str
    gradient: tuple[Colour, ...]
    gradient_stops: tuple[float, ...]
    gradient_angle_deg: int
    text: Colour
    contour_line: Colour
    contour_opacity_max: float
    pips: int


@dataclass(frozen=True, slots=True)
class KioskType:
    """Font sizes of the kiosk in px at 1080 wide; line heights as factors."""

    hero: int
    display: int
    h1: int
    h2: int
    number_xl: int
    number_l: int
    number_m: int
    body_l: int
    body: int
    button: int
    button_small: int
    caption: int
    min: int
    line_height: float
    line_height_display: float


@dataclass(frozen=True, slots=True)
class KioskTypeLarge:
    """Font sizes of the large-text layout."""

    scale: float
    display: int
    h1: int
    number_xl: int
    body: int
    button: int
    min: int
    max_items_per_screen: int
    touch_min: int


@dataclass(frozen=True, slots=True)
class Kiosk:
    """Measures of the kiosk in px at 1080x1920 (landscape uses the same px)."""

    margin: int
    margin_landscape: int
    gutter: int
    columns: int
    header_top: int
    header_height: int
    dock_height: int
    touch_min: int
    touch_primary: int
    touch_hero: int
    touch_gap_min: int
    control_zone_top: int
    control_zone_bottom: int
    type: KioskType
    type_large: KioskTypeLarge


@dataclass(frozen=True, slots=True)
class Space:
    """Distances in px."""

    unit: int
    xs: int
    s: int
    m: int
    l: int  # noqa: E741 -- the token's own name
    xl: int
    xxl: int
    xxxl: int


@dataclass(frozen=True, slots=True)
class Radius:
    """Corner radii in px."""

    tag: int
    key: int
    button: int
    panel: int
    card: int
    hero: int
    sheet: int
    pill: int
    lounge_panel: int
    console_control: int
    console_panel: int


@dataclass(frozen=True, slots=True)
class Motion:
    """Durations in milliseconds, easing names as Kivy spells them, speeds in px per second."""

    instant_ms: int
    fast_ms: int
    base_ms: int
    slow_ms: int
    lights_on_ms: int
    board_crossfade_ms: int
    ease_out: str
    ease_in_out: str
    press_scale: float
    ticker_px_per_s: int


@dataclass(frozen=True, slots=True)
class Timing:
    """The drawn defaults of waits; a store's own settings and programme go before them."""

    session_idle_s: int
    session_warn_at_s: int
    session_idle_large_s: int
    staff_idle_s: int
    success_return_s: int
    pin_attempts: int
    pin_lock_min: int
    offline_retry_s: tuple[int, ...]
    attract_slide_s: int
    board_dwell_s: tuple[int, ...]
    refill_prompt_min: int
    vip_welcome_s: int
    settlement_s: int
    stale_after_s: int
    service_blank_after_min: int


@dataclass(frozen=True, slots=True)
class LoungeType:
    """Font sizes of the lounge in px at 1920 wide; line height as a factor."""

    hero: int
    display: int
    h1: int
    h2: int
    plate: int
    plate_call: int
    body: int
    body_min: int
    caption: int
    min: int
    clock: int
    line_height: float


@dataclass(frozen=True, slots=True)
class Lounge:
    """Measures of the lounge in px at 1920x1080; 4K doubles every value."""

    safe_margin: int
    margin: int
    footer_height: int
    qr_min: int
    qr_scan_from_sofa: int
    max_zones: int
    max_words_per_headline_zh: int
    type: LoungeType


@dataclass(frozen=True, slots=True)
class Theme:
    """Everything the screens take from the design."""

    color: Palette
    tier: Mapping[str, TierLook]
    kiosk: Kiosk
    lounge: Lounge
    space: Space
    radius: Radius
    motion: Motion
    timing: Timing
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    """The whole tokens file, for sections that have no typed form (console, phone, contrast)."""

    def tier_look(self, slug: str) -> TierLook:
        """Return the look of a tier; a tier the design does not know is drawn as ``classic``."""
        return self.tier.get(slug, self.tier["classic"])


@cache
def theme() -> Theme:
    """Return the product's design tokens, read once.

    Raises:
        ThemeFault: when a token is missing or of another kind; the message names it.
        ResourceMissing: when the file is not there.
    """
    return load(files.theme_file())


def load(path: Path) -> Theme:
    """Read tokens from ``path``; sections and keys the code has no use for are kept only in ``raw``."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    hints = get_type_hints(Theme)
    parts = {name: _build(hints[name], raw.get(name), f"{path.name}: {name}") for name in hints if name != "raw"}
    return Theme(raw=types.MappingProxyType(raw), **parts)


def _build(kind: Any, value: Any, where: str) -> Any:
    """Make a value of type ``kind`` out of parsed TOML."""
    if value is None:
        msg = f"{where}: expected a token here; there is none"
        raise ThemeFault(msg)
    if kind is Colour:
        return Colour.parse(value)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: _build(hints[name], value.get(name), f"{where}.{name}") for name in hints})
    if get_origin(kind) is tuple:
        return tuple(_build(get_args(kind)[0], item, where) for item in value)
    if get_origin(kind) is Mapping:
        return types.MappingProxyType(
            {name: _build(get_args(kind)[1], item, f"{where}.{name}") for name, item in value.items()}
        )
    if kind is float and isinstance(value, int):
        return float(value)
    if not isinstance(value, kind) or isinstance(value, bool):
        msg = f"{where}: expected {kind.__name__}; found {value!r}"
        raise ThemeFault(msg)
    return value
