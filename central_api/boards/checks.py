"""Looks a draft over before it may be published: what stops it, what is only worth knowing (C2, L9)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from central_api.boards.content import Fields
from central_api.boards.templates import PLACEHOLDER, PLACEHOLDERS, TEMPLATES, Template, length

Level = Literal["ok", "warn", "stop"]

# Eleven digits of a mobile number, with the blanks and hyphens people put in; and a store's own 400 number is no one's.
_PHONE = re.compile(r"(?<!\d)1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)")
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·\s]?[A-HJ-NP-Z0-9IO]{5,6}(?![A-Z0-9])"
)
_IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_PANEL_WIDTH = 1280


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `code` names its wording in the catalogue (`console.check.<code>.<level>`), `facts` fill it."""

    code: str
    level: Level
    facts: tuple[tuple[str, int | str], ...] = ()


def check(fields: Fields, has_picture: bool, picture_width: int, activity_ends: datetime | None) -> list[Check]:
    """All findings on a draft, in the order the editor shows them.

    Args:
        fields: the draft.
        has_picture: whether the media store holds its picture.
        picture_width: that picture's width in px, 0 without one.
        activity_ends: when the bound activity ends, None without one.
    """
    template = TEMPLATES[fields.template]
    found = [_title(fields), _lengths(fields, template), _private(fields), _english(fields)]
    if template.picture:
        found.append(_picture(template, has_picture, picture_width))
    found.append(_dates(fields, activity_ends))
    return found + _placeholders(fields)


def may_publish(found: list[Check]) -> bool:
    """Whether nothing stops it."""
    return all(check.level != "stop" for check in found)


def _title(fields: Fields) -> Check:
    return Check("title", "ok" if fields.text("title").zh.strip() else "stop")


def _lengths(fields: Fields, template: Template) -> Check:
    for field in template.fields:
        text = fields.text(field.name)
        for language, words in (("zh", text.zh), ("en", text.en)):
            taken, most = length(words, language), field.most_for(language)
            if taken > most:
                return Check("length", "stop", (("field", field.name), ("taken", taken), ("most", most)))
    return Check("length", "ok")


def _private(fields: Fields) -> Check:
    for words in _words(fields):
        for code, pattern in (("phone", _PHONE), ("plate", _PLATE), ("identity", _IDENTITY)):
            if pattern.search(words):
                return Check("private", "stop", (("what", code),))
    return Check("private", "ok")


def _english(fields: Fields) -> Check:
    missing = sum(1 for text in fields.texts.values() if text.zh.strip() and not text.en.strip())
    if not missing:
        return Check("english", "ok")
    if not fields.text("title").en.strip():
        return Check("english_title", "warn")
    return Check("english", "warn", (("missing", missing),))


def _placeholders(fields: Fields) -> list[Check]:
    """The first place in braces that nothing fills; none is what everybody expects, and not worth a line."""
    names = [name for words in _words(fields) for name in PLACEHOLDER.findall(words) if name not in PLACEHOLDERS]
    return [Check("placeholder", "stop", (("name", name),)) for name in names[:1]]


def _picture(template: Template, has_picture: bool, width: int) -> Check:
    if not has_picture:
        return Check("picture", "stop") if template.picture_required else Check("picture_none", "ok")
    if width < _PANEL_WIDTH:
        return Check("picture_small", "warn", (("width", width), ("least", _PANEL_WIDTH)))
    return Check("picture", "ok", (("width", width),))


def _dates(fields: Fields, activity_ends: datetime | None) -> Check:
    if fields.starts is not None and fields.ends is not None and fields.ends <= fields.starts:
        return Check("dates", "stop")
    if activity_ends is not None and (fields.ends is None or fields.ends > activity_ends):
        return Check("ends_late", "warn")
    return Check("dates", "ok")


def _words(fields: Fields) -> Iterator[str]:
    for text in fields.texts.values():
        yield text.zh
        yield text.en
