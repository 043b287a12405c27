"""The page of one device: how it is, what was wrong with it, and what it can be told to do from a closed list (C9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath

from central_api.console import device_cards as cards
from central_api.console import device_pages, site
from central_api.console.entry import Sent, Visit, Visiting
from central_api.context import Context, Served
from central_api.db import Tx
from central_api.devices import clones, incidents, keys, remote, repository
from club.model import errors
from club.words import numbers
from club.words.catalogue import Words

_HERE = "/console/devices"
_SHOWN = 12
_GB_MIB = 1024
_ICONS: Mapping[str, str] = {
    "reload": "refresh",
    "restart-app": "power",
    "identify": "eye",
    "screenshot": "camera",
    "screen-on": "tv",
    "screen-off": "moon",
    "wipe": "trash",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of one of the page's lists: what, how it stands, and when; `look` is the colour of the state."""

    what: str
    state: str
    look: str
    when: str
    picture: str = ""


@get("/devices/{device_id:str}", sync_to_thread=True)
def show_device(context: Served, visit: Visiting, device_id: FromPath[str]) -> Response[bytes]:
    """One device."""
    visit.need("devices.see")
    with context.db.read() as tx:
        found = _page(tx, context, visit, device_id)
        frame = device_pages.around(tx, context, visit)
    return site.page("device.html", visit.words, visit=visit, around=frame, **found)


@get("/devices/{device_id:str}/lines", sync_to_thread=True)
def show_lines(context: Served, visit: Visiting, device_id: FromPath[str]) -> Response[bytes]:
    """The part of the page that is fetched again and again while somebody looks at it."""
    visit.need("devices.see")
    with context.db.read() as tx:
        return site.page("device-lines.html", visit.words, visit=visit, **_page(tx, context, visit, device_id))


@post("/devices/{device_id:str}/commands", sync_to_thread=True, status_code=303)
def ask(context: Served, visit: Visiting, device_id: FromPath[str], form: Sent) -> Response[bytes]:
    """Ask a device to do something; a form that is sent twice asks once. To wipe needs a second step."""
    visit.need("devices.change")
    kind, command_id = form.text("kind")[:32], form.text("command")[:64]
    if len(command_id) < 8:
        raise errors.Malformed("expected the command's id in the form, found none", field="command")
    if kind == "wipe" and form.text("confirmed") != "yes":
        return site.redirect(f"{_HERE}/{device_id}/wipe")
    now = context.clock.now()

    def work(tx: Tx) -> None:
        device_pages.one(tx, visit, device_id)
        remote.ask(tx, device_id, kind, command_id=command_id, by=visit.person.actor, now=now)

    context.db.run(work)
    return site.redirect(f"{_HERE}/{device_id}#commands")


@get("/devices/{device_id:str}/wipe", sync_to_thread=True)
def ask_wipe(context: Served, visit: Visiting, device_id: FromPath[str]) -> Response[bytes]:
    """Ask once more before everything a device holds is erased."""
    visit.need("devices.change")
    with context.db.read() as tx:
        known = device_pages.one(tx, visit, device_id)
        return site.page(
            "device-wipe.html",
            visit.words,
            visit=visit,
            around=device_pages.around(tx, context, visit),
            id=device_id,
            name=known.name.pick(visit.words.language),
            command=context.new_id(),
        )


@post("/devices/{device_id:str}/end-key", sync_to_thread=True, status_code=303)
def end_key(context: Served, visit: Visiting, device_id: FromPath[str], form: Sent) -> Response[bytes]:
    """Have a device known by its newest key alone, which ends what was wrong with the one before; with no key before, nothing."""
    visit.need("devices.change")
    now = context.clock.now()

    def work(tx: Tx) -> None:
        device_pages.one(tx, visit, device_id)
        keys.end_other(tx, device_id, now, by=visit.person.actor)

    context.db.run(work)
    return site.redirect(f"{_HERE}/{device_id}")


@get("/devices/{device_id:str}/pictures/{command_id:str}", sync_to_thread=True)
def show_picture(
    context: Served, visit: Visiting, device_id: FromPath[str], command_id: FromPath[str]
) -> Response[bytes]:
    """The picture of a screen; looking at it is on the record, for a kiosk may show somebody's name."""
    visit.need("devices.change")
    now = context.clock.now()

    def work(tx: Tx) -> Any:
        device_pages.one(tx, visit, device_id)
        return remote.shot(tx, device_id, command_id, by=visit.person.actor, now=now)

    found = context.db.run(work)
    if found is None:
        raise errors.NotFound("expected a picture of this device, found none", kind="picture", id=command_id[:64])
    headers = {**site.SECURITY_HEADERS, "cache-control": "no-store"}
    return Response(bytes(found.picture), media_type=found.media_type, headers=headers)


def _page(tx: Tx, context: Context, visit: Visit, device_id: str) -> dict[str, Any]:
    now, words = context.clock.now(), visit.words
    known = device_pages.one(tx, visit, device_id)
    zone = repository.store(tx, known.row.store).time_zone

    def at(moment: datetime) -> str:
        day = moment.astimezone(ZoneInfo(zone)).date()
        clock = numbers.clock(moment, zone)
        today = now.astimezone(ZoneInfo(zone)).date()
        return clock if day == today else f"{numbers.day(words, day)} {clock}"

    card = cards.card(words, known, now, lambda what: device_pages.title(tx, context, visit, what))
    return {
        "card": card,
        "more": _health(words, known.row),
        "kinds": [(kind, words(f"console.devices.do.{kind}"), _ICONS[kind]) for kind in remote.KINDS if kind != "wipe"],
        "command": context.new_id(),
        "has_other_key": keys.has_other(known.row, now),
        "copied": any(row.kind == "clone" for row in repository.open_incidents(tx, device_id)),
        "incidents": [_incident(words, row, now, at) for row in incidents.of_place(tx, known.row.place, _SHOWN)],
        "commands": [
            _command(words, row, device_id, at, may_look=visit.may("devices.change"))
            for row in repository.commands_of(tx, device_id, _SHOWN)
        ],
    }


def _health(words: Words, row: Any) -> list[tuple[str, str]]:
    """What a machine tells of itself; nothing of what it cannot measure."""
    health, found = row.health or {}, []
    for name in ("disk_free_mib", "memory_free_mib", "temperature_c", "clock_offset_ms"):
        value = health.get(name)
        if value is not None:
            label = name.replace("_", "-")
            said = words(f"console.devices.{label}-value", value=value)
            if name.endswith("_mib") and value >= _GB_MIB:
                said = words("console.devices.gb", value=f"{value / _GB_MIB:.1f}")
            found.append((words(f"console.devices.{label}"), said))
    key = f"console.devices.sync.{row.sync}"
    if row.sync and words.has(key):
        found.insert(0, (words("console.devices.sync"), words(key)))
    runs = clones.read(row.runs)
    if runs:
        found.append((words("console.devices.address"), runs[-1].source or words("console.devices.unknown")))
    return found


def _incident(words: Words, row: Any, now: datetime, at: Callable[[datetime], str]) -> Line:
    what = cards.incident(words, row)
    if row.closed_at is None:
        span = cards.span(words, now - row.opened_at)
        return Line(what, words("console.devices.incident-open", span=span), "d", at(row.opened_at))
    span = cards.span(words, row.closed_at - row.opened_at)
    return Line(what, words("console.devices.incident-closed", span=span), "", at(row.opened_at))


_LOOKS = {"done": "", "refused": "d", "expired": "w", "cancelled": "w"}


def _command(words: Words, row: Any, device_id: str, at: Callable[[datetime], str], *, may_look: bool) -> Line:
    state = row.state if row.state != "open" else ("sent" if row.sent_at is not None else "open")
    said = words(f"console.devices.command.{state}")
    why = f"console.devices.reason.{row.detail}"
    if state == "refused" and row.detail and words.has(why):
        said = words("console.devices.command.refused-why", why=words(why))
    picture = f"{_HERE}/{device_id}/pictures/{row.id}" if row.shot_at is not None and may_look else ""
    return Line(words(f"console.devices.do.{row.kind}"), said, _LOOKS.get(state, "n"), at(row.asked_at), picture)


handlers = [show_device, show_lines, ask, ask_wipe, end_key, show_picture]
