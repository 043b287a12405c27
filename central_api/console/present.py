"""Makes the board pages' words: every string, count and mark a page shows, finished (C2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import segno
from markupsafe import Markup

from central_api.boards import checks
from central_api.boards.content import BoundData, Fields
from central_api.boards.repository import BoardRow, DisplayRow
from central_api.boards.templates import TEMPLATES, length
from club.model.board import WEEKDAYS
from club.words import numbers
from club.words.catalogue import Words
from club.words.fill import fill


@dataclass(frozen=True, slots=True)
class Card:
    """A board in the list."""

    slug: str
    title: str
    template: str
    state: str  # published | changed | draft | recalled
    state_text: str
    facts: str
    shown_on: str
    drawn: bool


@dataclass(frozen=True, slots=True)
class Input:
    """One wording in one language; `over` when it is longer than fits."""

    name: str
    label: str
    value: str
    placeholder: str
    taken: int
    most: int
    count: str
    over: bool
    focus: bool
    long: bool


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One finding before publishing."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of data that the board follows and nobody types."""

    icon: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Dates:
    """The playing times as form values."""

    starts: str
    ends: str
    dwell: int
    weekdays: tuple[tuple[str, str, bool], ...]  # value, words, ticked


def card(
    words: Words,
    row: BoardRow,
    displays: Sequence[DisplayRow],
    data: BoundData,
    now: datetime,
    *,
    by: str,
    drawn: bool,
) -> Card:
    """A board of the list, with the displays that play it.

    Args:
        words: in the reader's language.
        row: the board.
        displays: those that play it.
        data: what boards follow.
        now: the instant.
        by: who edited it last, empty for nobody of the staff.
        drawn: whether its template has a picture.
    """
    language = words.language
    state = "changed" if row.state == "published" and row.changed else row.state
    version = words("console.boards.version", version=row.version) if row.version else words("console.boards.never")
    when = moment(words, row.edited_at, data.time_zone)
    edited = words("console.boards.edited", when=when, who=by) if by else words("console.boards.loaded", when=when)
    names = words("console.list-comma").join(display.name.pick(language) for display in displays)
    return Card(
        slug=row.slug,
        title=title(words, row.draft, data, now),
        template=words(f"console.template.{row.template}"),
        state=state,
        state_text=words(f"console.state.{state}"),
        facts=f"{version} · {edited}",
        shown_on=names or words("console.boards.nowhere"),
        drawn=drawn,
    )


def title(words: Words, fields: Fields, data: BoundData, now: datetime) -> str:
    """A board's title as the TV says it, its places filled."""
    bind = fields.bind
    return fill(
        fields.text("title"),
        words.language,
        now=now,
        time_zone=data.time_zone,
        activity=data.activities.get(bind.activity),
        on=data.expires_on if bind.expiry else None,
        until=bind.until,
    )


def inputs(words: Words, fields: Fields) -> list[tuple[str, list[Input]]]:
    """The wordings of a template, each with its Chinese and English box."""
    found = []
    for spec in TEMPLATES[fields.template].fields:
        text = fields.text(spec.name)
        label = words(f"console.field.{spec.name}")
        pair = []
        for language, value in (("zh", text.zh), ("en", text.en)):
            taken, most = length(value, language), spec.most_for(language)
            pair.append(
                Input(
                    name=f"{language}.{spec.name}",
                    label=label if language == "zh" else words("console.field.english", field=label),
                    value=value,
                    placeholder="" if language == "zh" else words("console.editor.english-missing"),
                    taken=taken,
                    most=most,
                    count=words(f"console.editor.count-{language}", taken=taken, most=most),
                    over=taken > most,
                    focus=spec.name == "title" and language == "zh",
                    long=most > (28 if language == "zh" else 60),
                )
            )
        found.append((spec.name, pair))
    return found


def check_lines(words: Words, found: Sequence[checks.Check]) -> list[CheckLine]:
    """The findings in words."""
    lines = []
    for check in found:
        facts = dict(check.facts)
        if "field" in facts:
            facts["field"] = words(f"console.field.{facts['field']}")
        if "what" in facts:
            facts["what"] = words(f"console.private.{facts['what']}")
        lines.append(CheckLine(check.level, words(f"console.check.{check.code}-{check.level}", **facts)))
    return lines


def facts(words: Words, fields: Fields, data: BoundData) -> list[Fact]:
    """What the board follows: the activity with its places, the menu, tiers, promises."""
    language, found = words.language, []
    activity = data.activities.get(fields.bind.activity)
    if activity is not None:
        first = numbers.local_day(activity.starts, data.time_zone)
        last = numbers.local_day(activity.ends, data.time_zone)
        days = numbers.day(words, first) + (f" – {numbers.day(words, last)}" if last != first else "")
        left = words("console.facts.left", left=activity.left, unit=activity.unit.pick(language))
        found += [
            Fact("flag", words("console.facts.activity"), activity.title.pick(language)),
            Fact("calendar", words("console.facts.date"), days),
            Fact("location", words("console.facts.place"), activity.place.pick(language)),
            Fact("refresh", words("console.facts.places"), left),
            Fact("qr", words("console.facts.code"), activity.url),
        ]
    if fields.bind.upcoming:
        others = [slug for slug in data.open_activities if slug != fields.bind.activity][: fields.bind.upcoming]
        names = words("console.list-comma").join(data.activities[slug].title.pick(language) for slug in others)
        found.append(Fact("list", words("console.facts.upcoming"), names or words("console.facts.none")))
    if fields.bind.menu:
        lines = [data.menu[slug] for slug in fields.bind.menu if slug in data.menu]
        names = words("console.list-comma").join(line.name.pick(language) for line in lines)
        found.append(Fact("cup", words("console.facts.menu"), names))
    if fields.bind.ladder:
        names = words("console.list-comma").join(tier.name.pick(language) for tier in data.tiers)
        found.append(Fact("crown", words("console.facts.tiers"), names or words("console.facts.none")))
    found += [
        Fact("shield-check", words("console.facts.promise"), data.promises[slug].title.pick(language))
        for slug in fields.bind.promises
        if slug in data.promises
    ]
    if fields.bind.shares:
        count = sum(1 for slug in fields.bind.shares if slug in data.shares)
        found.append(Fact("image", words("console.facts.shares"), words("console.facts.shares-count", count=count)))
    if fields.bind.until is not None:
        until = numbers.local_day(fields.bind.until, data.time_zone)
        found.append(Fact("timer", words("console.facts.until"), numbers.full_date(words, until)))
    if fields.bind.expiry and data.expires_on is not None:
        found.append(Fact("calendar", words("console.facts.expiry"), numbers.full_date(words, data.expires_on)))
    return found


def dates(words: Words, fields: Fields, time_zone: str) -> Dates:
    """The playing times for their form."""
    return Dates(
        starts=_local(fields.starts, time_zone),
        ends=_local(fields.ends, time_zone),
        dwell=fields.dwell_s,
        weekdays=tuple(
            (day, words(f"common.date.weekday-{number}"), day in fields.weekdays) for number, day in enumerate(WEEKDAYS)
        ),
    )


def showings(words: Words, found: Sequence[tuple[DisplayRow, datetime | None]], now: datetime, time_zone: str) -> str:
    """On which TVs a board is to be seen, and from when: 电视 1 正在播的时段里；电视 4 今天 13:00 起."""
    parts = []
    for display, start in found:
        name = display.name.pick(words.language)
        if start is None:
            continue
        if start <= now:
            parts.append(words("console.shown.now", tv=name))
        else:
            parts.append(words("console.shown.from", tv=name, when=moment(words, start, time_zone, now)))
    return words("console.list-semicolon").join(parts) or words("console.shown.nowhere")


def where(
    words: Words, found: Sequence[tuple[DisplayRow, datetime | None]], now: datetime, time_zone: str
) -> list[str]:
    """One line for each TV that plays a board: 电视 1：这个时段在播."""
    lines = []
    for display, start in found:
        name = display.name.pick(words.language)
        if start is None:
            lines.append(words("console.where.later", tv=name))
        elif start <= now:
            lines.append(words("console.where.now", tv=name))
        else:
            lines.append(words("console.where.from", tv=name, when=moment(words, start, time_zone, now)))
    return lines


def moment(words: Words, at: datetime, time_zone: str, now: datetime | None = None) -> str:
    """An instant in the store's time: 5 月 16 日 14:31, or 今天 17:00 when `now` is given and of the same day."""
    day = numbers.local_day(at, time_zone)
    clock = numbers.clock(at, time_zone)
    if now is not None and day == numbers.local_day(now, time_zone):
        return words("console.today-at", time=clock)
    return f"{numbers.day(words, day)} {clock}"


def saved_line(words: Words, row: BoardRow, time_zone: str, names: Mapping[str, str]) -> str:
    """Below the title: 看板编辑，草稿，14:31 自动保存."""
    state = "changed" if row.state == "published" and row.changed else row.state
    who, time = names.get(row.edited_by, ""), numbers.clock(row.edited_at, time_zone)
    if not who:
        return words("console.editor.loaded", state=words(f"console.state.{state}"), time=time)
    return words("console.editor.saved", state=words(f"console.state.{state}"), time=time, who=who)


def _local(at: datetime | None, time_zone: str) -> str:
    return "" if at is None else at.astimezone(ZoneInfo(time_zone)).strftime("%Y-%m-%dT%H:%M")


def qr(text: str) -> Markup:
    """A QR code as an inline drawing (error correction M)."""
    drawn = segno.make(text, error="m", micro=False).svg_inline(scale=5, border=2, dark="#13201C", omitsize=True)
    return Markup(drawn)  # noqa: S704 -- a drawing of squares, made here
