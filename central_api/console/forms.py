"""Reads the editor's form into a board's fields; what the form does not name stays as it was."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from central_api.boards.content import Fields
from central_api.boards.templates import TEMPLATES
from central_api.console.entry import Form
from club.model import errors
from club.model.board import WEEKDAYS
from club.model.text import Text

LONGEST_TEXT = 400
DWELL_S = (5, 120)


def read_fields(form: Form, before: Fields, time_zone: str) -> Fields:
    """The draft a form describes.

    Args:
        form: as the editor sent it.
        before: the draft it was made from.
        time_zone: the store's IANA zone, in which the form's times are.

    Raises:
        Malformed: a number or a date cannot be read, or a text is beyond all measure. Facts: field.
    """
    texts = dict(before.texts)
    for field in TEMPLATES[before.template].fields:
        zh, en = f"zh.{field.name}", f"en.{field.name}"
        if zh in form.fields or en in form.fields:
            texts[field.name] = Text(_words(form, zh), _words(form, en))
    return msgspec.structs.replace(
        before,
        texts={name: text for name, text in texts.items() if text != Text("") or name in before.texts},
        dwell_s=_dwell(form, before.dwell_s),
        starts=_instant(form, "starts", before.starts, time_zone),
        ends=_instant(form, "ends", before.ends, time_zone),
        weekdays=_weekdays(form, before.weekdays),
    )


def with_picture(before: Fields, sha256: str) -> Fields:
    """The draft with another picture."""
    return msgspec.structs.replace(before, picture=sha256)


def _words(form: Form, name: str) -> str:
    text = " ".join(form.text(name).split())
    if len(text) > LONGEST_TEXT:
        raise errors.Malformed(f"expected at most {LONGEST_TEXT} characters in {name}, found {len(text)}", field=name)
    return text


def _dwell(form: Form, before: int) -> int:
    if "dwell" not in form.fields:
        return before
    least, most = DWELL_S
    found = form.number("dwell")
    if not least <= found <= most:
        raise errors.Malformed(f"expected {least} to {most} seconds, found {found}", field="dwell")
    return found


def _instant(form: Form, name: str, before: datetime | None, time_zone: str) -> datetime | None:
    if name not in form.fields:
        return before
    text = form.text(name)
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(time_zone))
    except ValueError as fault:
        raise errors.Malformed(f"expected a date and time in {name}, found {text!r}", field=name) from fault


def _weekdays(form: Form, before: tuple[str, ...]) -> tuple[str, ...]:
    # Boxes that are not ticked send nothing, so the form says that they were there.
    if "weekdays-shown" not in form.fields:
        return before
    ticked = set(form.fields.get("weekdays", []))
    found = tuple(day for day in WEEKDAYS if day in ticked)
    return () if len(found) == len(WEEKDAYS) else found
