"""The pages of the devices: how each is, adding one by the code on its screen, shutting one out (C9)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from central_api import texts
from central_api.activities import bound
from central_api.boards import repository as boards
from central_api.boards.content import BoundData
from central_api.console import device_cards as cards
from central_api.console import entry, present, site
from central_api.console.entry import Sent, Visit, Visiting
from central_api.context import Context, Served
from central_api.db import Tx
from central_api.devices import pairing, repository
from central_api.devices import service as devices
from central_api.devices.enrolled import Device
from club.model import errors
from club.words import numbers
from club.words.catalogue import Words

_HERE = "/console/devices"
_DONE = ("added", "revoked", "replaced")
_TYPED = 24


@dataclass(frozen=True, slots=True)
class _Around:
    """What every page's frame says."""

    data: BoundData


@get("/devices", sync_to_thread=True)
def show_devices(context: Served, visit: Visiting, done: FromQuery[str] = "") -> Response[bytes]:
    """All devices of the stores this person works for."""
    visit.need("devices.see")
    with context.db.read() as tx:
        fleet, frame = _fleet(tx, context, visit), around(tx, context, visit)
    return site.page(
        "devices.html", visit.words, visit=visit, around=frame, done=done if done in _DONE else "", **fleet
    )


@get(entry.WATCHED.removeprefix("/console"), sync_to_thread=True)
def show_fleet(context: Served, visit: Visiting) -> Response[bytes]:
    """The part of the page that is fetched again and again while somebody looks at it."""
    visit.need("devices.see")
    with context.db.read() as tx:
        fleet = _fleet(tx, context, visit)
    return site.page("fleet.html", visit.words, visit=visit, **{**fleet, "alone": True})


@get("/devices/add", sync_to_thread=True)
def show_add(context: Served, visit: Visiting) -> Response[bytes]:
    """The form for a new device's code and place."""
    visit.need("devices.change")
    with context.db.read() as tx:
        return _add_page(tx, context, visit)


@post("/devices/add", sync_to_thread=True, status_code=303)
def add(context: Served, visit: Visiting, form: Sent) -> Response[bytes]:
    """Let the device in whose screen shows the code, or say what is not right."""
    visit.need("devices.change")
    code, place = form.text("code")[:_TYPED], form.text("place")[:64]
    found = context.db.run(
        lambda tx: pairing.enter(
            tx,
            code,
            place,
            staff=visit.person.number,
            stores=visit.person.stores,
            code_id=context.new_id(),
            now=context.clock.now(),
        )
    )
    if isinstance(found, Device):
        return site.redirect(f"{_HERE}?done=added")
    with context.db.read() as tx:
        return _add_page(tx, context, visit, code=code, place=place, refused=found)


@get("/devices/{device_id:str}/revoke", sync_to_thread=True)
def ask_revoke(context: Served, visit: Visiting, device_id: FromPath[str]) -> Response[bytes]:
    """Ask once more before a device is shut out."""
    visit.need("devices.change")
    with context.db.read() as tx:
        known = one(tx, visit, device_id)
        name = cards.card(visit.words, known, context.clock.now(), lambda _: "").name
        return site.page(
            "device-revoke.html", visit.words, visit=visit, around=around(tx, context, visit), id=device_id, name=name
        )


@post("/devices/{device_id:str}/revoke", sync_to_thread=True, status_code=303)
def revoke(context: Served, visit: Visiting, device_id: FromPath[str], form: Sent) -> Response[bytes]:
    """Shut a device out: its next request is refused, its stream ends now."""
    visit.need("devices.change")
    with context.db.write() as tx:
        one(tx, visit, device_id)
        devices.revoke(tx, device_id, context.clock.now(), by=visit.person.actor)
    return site.redirect(f"{_HERE}?done=revoked")


@get("/devices/{device_id:str}/replace", sync_to_thread=True)
def show_replace(context: Served, visit: Visiting, device_id: FromPath[str]) -> Response[bytes]:
    """The form for the code of the machine that is to stand in a device's place."""
    visit.need("devices.change")
    with context.db.read() as tx:
        return _replace_page(tx, context, visit, device_id)


@post("/devices/{device_id:str}/replace", sync_to_thread=True, status_code=303)
def replace(context: Served, visit: Visiting, device_id: FromPath[str], form: Sent) -> Response[bytes]:
    """Let another machine take a device's place; the old one is shut out in the same moment."""
    visit.need("devices.change")
    code, now = form.text("code")[:_TYPED], context.clock.now()

    def work(tx: Tx) -> Device | pairing.Refused:
        place = one(tx, visit, device_id).row.place
        person = visit.person
        return pairing.enter(
            tx,
            code,
            place,
            staff=person.number,
            stores=person.stores,
            code_id=context.new_id(),
            now=now,
            replace=True,
        )

    found = context.db.run(work)
    if isinstance(found, Device):
        return site.redirect(f"{_HERE}?done=replaced")
    with context.db.read() as tx:
        return _replace_page(tx, context, visit, device_id, code=code, refused=found)


def _replace_page(
    tx: Tx,
    context: Context,
    visit: Visit,
    device_id: str,
    *,
    code: str = "",
    refused: pairing.Refused | None = None,
) -> Response[bytes]:
    known = one(tx, visit, device_id)
    return site.page(
        "device-replace.html",
        visit.words,
        status=200 if refused is None else 409,
        visit=visit,
        around=around(tx, context, visit),
        id=device_id,
        name=known.name.pick(visit.words.language),
        code=code,
        message=_refusal(visit.words, refused),
    )


def _add_page(
    tx: Tx,
    context: Context,
    visit: Visit,
    *,
    code: str = "",
    place: str = "",
    refused: pairing.Refused | None = None,
) -> Response[bytes]:
    words = visit.words
    places = [
        (row.slug, f"{texts.text(row.name).pick(words.language)} · {words(f'console.devices.kind.{row.kind}')}")
        for row in pairing.free_places(tx, visit.person.stores)
    ]
    return site.page(
        "device-add.html",
        words,
        status=200 if refused is None else 409,
        visit=visit,
        around=around(tx, context, visit),
        places=places,
        code=code,
        place=place,
        message=_refusal(words, refused),
    )


def _refusal(words: Words, refused: pairing.Refused | None) -> str:
    if refused is None:
        return ""
    reason = f"kind-{refused.kind}" if refused.reason == "kind" else refused.reason
    return words(f"console.devices.refused.{reason}", tries=refused.tries_left)


def _fleet(tx: Tx, context: Context, visit: Visit) -> dict[str, Any]:
    now = context.clock.now()
    time_zone = repository.store(tx, visit.person.stores[0]).time_zone
    found = _known(tx, visit)
    titles: dict[str, str] = {}
    data: dict[str, BoundData] = {}

    def title_of(what: str) -> str:
        if what not in titles:
            titles[what] = _title(tx, visit, what, now, data)
        return titles[what]

    shown = [
        cards.card(visit.words, known, now, title_of, context.beats.marks(known.row.id, now, known.row.seen_at))
        for known in found
    ]
    return {
        "cards": shown,
        "summary": cards.summary(visit.words, shown),
        "alone": False,
        "alarms": cards.alarms(visit.words, found, now, lambda at: numbers.clock(at, time_zone)),
        "clock": f"{now.astimezone(ZoneInfo(time_zone)):%H:%M:%S}",
    }


def _title(tx: Tx, visit: Visit, what: str, now: datetime, data: dict[str, BoundData]) -> str:
    """The title of `b-lakeside@3` as staff know it; empty when no such version was published."""
    slug, at, version = what.partition("@")
    fields = boards.version_fields(tx, slug, int(version)) if at and version.isdecimal() and len(version) < 9 else None
    if fields is None:
        return ""
    store = visit.person.stores[0]
    if store not in data:
        data[store] = bound.read(tx, store, now)
    return present.title(visit.words, fields, data[store], now)


def _known(tx: Tx, visit: Visit) -> list[cards.Known]:
    """The devices that are let in, kiosks first, each with its place's name and the newest revision for it."""
    places = {row.slug: row for row in repository.all_places(tx)}
    displays = {row.slug: row for row in boards.all_displays(tx)}
    rows = repository.standing(tx, visit.person.stores)
    wrong: dict[str, list[Any]] = {}
    for incident in repository.open_incidents_of(tx, [row.id for row in rows]):
        wrong.setdefault(incident.device, []).append(incident)
    return [
        cards.Known(
            row,
            texts.text(places[row.place].name),
            displays[row.place].place if row.place in displays else texts.text(None),
            _newest(tx, row),
            tuple(wrong.get(row.id, ())),
        )
        for row in rows
    ]


def _newest(tx: Tx, row: Any) -> int:
    if row.kind != "lounge":
        return 0
    manifest = boards.manifest_row(tx, row.place)
    return int(manifest.revision) if manifest is not None else 0


def one(tx: Tx, visit: Visit, device_id: str) -> cards.Known:
    """A device of the stores this person works for.

    Raises:
        NotFound: there is none, or it is let in no longer.
    """
    for known in _known(tx, visit):
        if known.row.id == device_id:
            return known
    raise errors.NotFound("expected a device that is let in, found none", kind="device", id=device_id[:64])


def title(tx: Tx, context: Context, visit: Visit, what: str) -> str:
    """The title of `b-lakeside@3` as staff know it; empty when no such version was published."""
    return _title(tx, visit, what, context.clock.now(), {})


def around(tx: Tx, context: Context, visit: Visit) -> _Around:
    """What the frame of a page says."""
    return _Around(bound.read(tx, visit.person.stores[0], context.clock.now()))


handlers = [show_devices, show_fleet, show_add, add, ask_revoke, revoke, show_replace, replace]
