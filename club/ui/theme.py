"""Colours, faces and font sizes of the screens, taken from the design tokens, in the form Kivy takes them."""

from typing import Final, TypeAlias

from kivy.core.text import LabelBase

from club.resources import files
from club.resources import theme as tokens

Rgba: TypeAlias = tuple[float, float, float, float]

SANS, SERIF = "SC", "SerifSC"

_NIGHT_PREFIX = "night."


class _Palette:
    """Colours by role: ``ink``, ``jade_soft``; ``night.snow`` for the ink ground, ``contrast.text`` for high contrast; ``clear`` for none."""

    def __init__(self) -> None:
        theme = tokens.theme()
        self._light, self._night, self._scrim = theme.color.light, theme.color.night, theme.color.scrim
        self._contrast = theme.color.high_contrast
        self._known: dict[str, Rgba] = {"clear": (0.0, 0.0, 0.0, 0.0), "white": (1.0, 1.0, 1.0, 1.0)}

    def rgba(self, role: str) -> Rgba:
        """Return the colour of a role; ``role@0.15`` is the same at 15 % opacity.

        Raises:
            KeyError: for a role the tokens do not have.
        """
        known = self._known.get(role)
        if known is None:
            known = self._known[role] = self._find(role)
        return known

    def _find(self, role: str) -> Rgba:
        name, _, opacity = role.partition("@")
        if name in self._known:
            red, green, blue, alpha = self._known[name]
        else:
            if name.startswith(_NIGHT_PREFIX):
                colour = getattr(self._night, name.removeprefix(_NIGHT_PREFIX), None)
            elif name.startswith("contrast."):
                colour = getattr(self._contrast, name.removeprefix("contrast."), None)
            elif name.startswith("scrim."):
                colour = getattr(self._scrim, name.removeprefix("scrim."), None)
            elif name.startswith("#"):
                colour = tokens.Colour.parse(name)
            else:
                colour = getattr(self._light, name, None)
            if colour is None:
                raise KeyError(f"expected a colour role of theme.toml, found {role!r}")
            red, green, blue, alpha = colour.rgba
        return red, green, blue, alpha * float(opacity or 1)


PALETTE: Final = _Palette()


def rgba(role: str) -> Rgba:
    """Return a colour by its role (see `_Palette.rgba`); the short name the .kv files use."""
    return PALETTE.rgba(role)


def tier_text(slug: str) -> Rgba:
    """Return the colour of text on a tier's card; ``generic`` is the jade card of unknown tiers."""
    return rgba("night.snow") if slug == "generic" else tokens.theme().tier_look(slug).text.rgba


def mix(start: Rgba, end: Rgba, share: float) -> Rgba:
    """Return the colour ``share`` (0 to 1) of the way from ``start`` to ``end``."""
    red, green, blue, alpha = (a + (b - a) * share for a, b in zip(start, end, strict=True))
    return red, green, blue, alpha


def register_fonts() -> None:
    """Make the families `SANS` (regular, bold) and `SERIF` (bold) known to Kivy.

    Raises:
        ResourceMissing: set-up has not taken the fonts yet.
    """
    serif = str(files.font("serif-bold"))
    LabelBase.register(SANS, fn_regular=str(files.font("sans")), fn_bold=str(files.font("sans-bold")))
    LabelBase.register(SERIF, fn_regular=serif, fn_bold=serif)
