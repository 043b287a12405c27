"""Makes the devices page's words: what each device says of itself, how long ago, and what somebody should look at (C9, L7)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from central_api.beats import Mark
from club.model.text import Text
from club.words.catalogue import Words

ONLINE = timedelta(minutes=2)
"""Longer without a heartbeat, and a device is offline (four heartbeats)."""
LONG = timedelta(minutes=30)
"""Offline for longer, and the page says so above everything else."""

State = Literal["online", "trouble", "offline", "new"]
_TAGS: dict[State, tuple[str, str]] = {
    "online": ("", "check"),
    "trouble": ("w", "alert"),
    "offline": ("d", "wifi-off"),
    "new": ("n", "clock"),
}
_READER_READY = "ready"
_TOLD_BY_STATE = ("offline", "reader")
_NO_MARKS: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A device's row with the names of its place, the newest revision for it (0: it plays nothing), its open incidents."""

    row: Any
    name: Text
    where: Text
    newest: int
    incidents: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A device on the page. `facts` are label and value; `tag` is the word, `look` its colour, `icon` its picture.

    `marks` are the minutes in which it was heard, `marks_told` the same in words; `wrong` is what its machine suffers from.
    """

    id: str
    kind: str
    name: str
    where: str
    state: State
    tag: str
    look: str
    icon: str
    facts: tuple[tuple[str, str], ...]
    marks: tuple[Mark, ...]
    marks_told: str
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """A device that has been away for long."""

    title: str
    text: str


def state_of(row: Any, now: datetime) -> State:
    """How a device is: away when no heartbeat came for two minutes, in trouble when its reader is."""
    if row.seen_at is None:
        return "new"
    if now - row.seen_at > ONLINE:
        return "offline"
    if row.kind == "kiosk" and row.reader not in ("", _READER_READY):
        return "trouble"
    return "online"


def card(
    words: Words, known: Known, now: datetime, title_of: Callable[[str], str], marks: tuple[Mark, ...] = _NO_MARKS
) -> Card:
    """A device's card; `title_of` gives a board's title for what a display says it shows (`b-lakeside@3`), or nothing."""
    row = known.row
    state = state_of(row, now)
    look, icon = _TAGS[state]
    seen = words("console.devices.never") if row.seen_at is None else ago(words, now - row.seen_at)
    facts = [
        (words("console.devices.heartbeat"), seen),
        (words("console.devices.glass"), _glass(words, row, now, title_of)),
    ]
    if row.kind == "kiosk":
        facts.append((words("console.devices.reader"), _reader(words, row.reader)))
    else:
        facts.append((words("console.devices.manifest"), _manifest(words, row.manifest_revision, known.newest, state)))
    outbox = (
        words("console.devices.outbox-some", count=row.outbox) if row.outbox else words("console.devices.outbox-none")
    )
    facts += [(words("console.devices.outbox"), outbox), (words("console.devices.version"), row.version)]
    return Card(
        id=row.id,
        kind=row.kind,
        name=known.name.pick(words.language),
        where=known.where.pick(words.language) or words(f"console.devices.kind.{row.kind}"),
        state=state,
        tag=words(f"console.devices.state.{state}"),
        look=look,
        icon=icon,
        facts=tuple(facts),
        marks=marks,
        marks_told=words("console.devices.beats", minutes=len(marks), missed=marks.count("missed")),
        wrong=tuple(incident(words, row) for row in known.incidents if row.kind not in _TOLD_BY_STATE),
    )


def incident(words: Words, row: Any) -> str:
    """What is or was wrong with a device, with its figures."""
    facts = {"first": "", "second": "", "mib": 0, "celsius": 0, "seconds": 0, **row.facts}
    return words(f"console.devices.incident.{row.kind}", **facts)


def summary(words: Words, cards: Sequence[Card]) -> str:
    """How many there are and how they are, in a sentence."""
    parts = [words("console.devices.count", count=len(cards))]
    for state in ("online", "trouble", "offline", "new"):
        count = sum(card.state == state for card in cards)
        if count:
            parts.append(words(f"console.devices.count-{state}", count=count))
    return words("console.devices.comma").join(parts)


def alarms(words: Words, found: Sequence[Known], now: datetime, clock: Callable[[datetime], str]) -> list[Alarm]:
    """Those that have been offline for more than half an hour, longest first; `clock` writes an instant in store time."""
    away = [known for known in found if known.row.seen_at is not None and now - known.row.seen_at > LONG]
    return [
        Alarm(
            words(
                "console.devices.alarm",
                name=known.name.pick(words.language),
                span=span(words, now - known.row.seen_at),
            ),
            words(f"console.devices.alarm-{known.row.kind}", clock=clock(known.row.seen_at)),
        )
        for known in sorted(away, key=lambda known: known.row.seen_at)
    ]


def ago(words: Words, passed: timedelta) -> str:
    """`4 秒前`."""
    return words("console.devices.ago", span=span(words, passed))


def span(words: Words, passed: timedelta) -> str:
    """A length of time as people say it: seconds, minutes, hours or days."""
    seconds = max(0, int(passed.total_seconds()))
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= size:
            return words(f"console.span.{unit}", count=seconds // size)
    return words("console.span.seconds", count=seconds)


def _glass(words: Words, row: Any, now: datetime, title_of: Callable[[str], str]) -> str:
    if not row.on_glass or row.on_glass_since is None:
        return words("console.devices.unknown")
    key = f"console.glass.{row.on_glass.replace('_', '-')}"
    what = words(key) if words.has(key) else ""
    if not what:
        title = title_of(row.on_glass)
        what = words("console.glass.board", title=title) if title else row.on_glass
    return words("console.devices.since", what=what, span=span(words, now - row.on_glass_since))


def _reader(words: Words, reader: str) -> str:
    if not reader:
        return words("console.devices.unknown")
    return words("console.devices.reader-ready" if reader == _READER_READY else "console.devices.reader-lost")


def _manifest(words: Words, has: int, newest: int, state: State) -> str:
    if not has:
        return words("console.devices.manifest-none")
    if has >= newest:
        return words("console.devices.manifest-newest", revision=has)
    key = "console.devices.manifest-offline" if state == "offline" else "console.devices.manifest-behind"
    return words(key, revision=has)
