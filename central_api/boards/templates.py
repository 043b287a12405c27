"""Which fields each board template has, how long they may be, and which data they follow (C2)."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

PLACEHOLDERS = frozenset({"left", "date", "days", "state"})
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PLACEHOLDER_UNITS = 4  # what a filled placeholder takes at most, such as "6 月 30 日"
_ENGLISH_PER_UNIT = 3  # an English headline takes about three letters where Chinese takes one sign


@dataclass(frozen=True, slots=True)
class Field:
    """One wording of a template; `most` is the longest Chinese text in units (see `units`)."""

    name: str
    most: int
    required: bool = False

    def most_for(self, language: str) -> int:
        """The longest text in a language: units for Chinese, letters for English."""
        return self.most if language == "zh" else self.most * _ENGLISH_PER_UNIT


@dataclass(frozen=True, slots=True)
class Template:
    """A template as the editor offers it."""

    slug: str
    fields: tuple[Field, ...]
    picture: bool = False
    picture_required: bool = False

    def field(self, name: str) -> Field | None:
        """The field `name`, or None when this template has none."""
        return next((field for field in self.fields if field.name == name), None)


def _title(most: int) -> Field:
    return Field("title", most, required=True)


_ALL = (
    Template(
        "activity",
        (_title(12), Field("label", 10), Field("line", 22), Field("action", 18), Field("side", 8)),
        picture=True,
        picture_required=True,
    ),
    Template(
        "share",
        (_title(18), Field("label", 10), Field("line", 18), Field("action", 16), Field("foot", 24)),
        picture=True,
        picture_required=True,
    ),
    Template("tier-promo", (_title(14), Field("line", 32), Field("foot", 24))),
    Template("menu", (_title(12), Field("line", 22), Field("foot", 24))),
    Template("service-progress", (_title(12), Field("line", 24), Field("empty", 16))),
    Template("promise", (_title(12), Field("line", 24))),
    Template(
        "image",
        (_title(16), Field("label", 10), Field("line", 24), Field("action", 18), Field("foot", 24)),
        picture=True,
    ),
    Template("countdown", (_title(18), Field("line", 22)), picture=True),
    Template("refill", (_title(12), Field("line", 22), Field("seat", 18), Field("bell", 18))),
    Template("notice", (_title(12), Field("when", 14), Field("text", 60), Field("contact", 18))),
)

TEMPLATES: Mapping[str, Template] = {template.slug: template for template in _ALL}


def units(text: str) -> int:
    """How much room a text takes, counted in Chinese signs: a narrow letter is half a sign, a placeholder four.

    This is the count that the editor shows, such as 7 / 12.
    """
    filled = PLACEHOLDER.sub("字" * _PLACEHOLDER_UNITS, text)
    return math.ceil(sum(1 if unicodedata.east_asian_width(sign) in "WFA" else 0.5 for sign in filled))


def letters(text: str) -> int:
    """How long an English text is, a placeholder counted as eight letters."""
    return len(PLACEHOLDER.sub("x" * _PLACEHOLDER_UNITS * 2, text))


def length(text: str, language: str) -> int:
    """`units` of a Chinese text, `letters` of an English one."""
    return units(text) if language == "zh" else letters(text)
