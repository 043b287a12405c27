"""The page of urgent notices: one person writes and looks, another one confirms, and either takes it back (C2, L2)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from central_api.activities import bound
from central_api.boards import checks, notices, repository
from central_api.boards.content import BoundData, Fields
from central_api.boards.notices import Notice
from central_api.boards.repository import DisplayRow
from central_api.console import forms, present, site
from central_api.console.entry import Form, Sent, Visit, Visiting
from central_api.console.previews import Previews, notice_scenery
from central_api.context import Context, Served
from central_api.db import Tx
from central_api.devices import repository as devices
from central_api.media.store import MediaStore
from central_api.staff import service as staff
from club.model import errors
from club.words import numbers

_HERE = "/console/notice"
_DONE = ("prepared", "sent", "withdrawn", "dropped")
_EMPTY = Fields(template="notice", texts={})
_previews = Previews()


@dataclass(frozen=True, slots=True)
class _Around:
    """What every page's frame says."""

    data: BoundData


@dataclass(frozen=True, slots=True)
class _Screen:
    """A display beside the notice: `has` says whether its device has fetched the newest manifest."""

    slug: str
    name: str
    where: str
    has: str  # yes | waits | none


@get("/notice", sync_to_thread=True)
def show_notice(context: Served, visit: Visiting, done: FromQuery[str] = "") -> Response[bytes]:
    """What is on the screens, or waits for its second person, or the form for the next one."""
    visit.need("notices.send")
    with context.db.read() as tx:
        return _page(tx, context, visit, done=done if done in _DONE else "")


@post("/notice", sync_to_thread=True, status_code=303)
def prepare(context: Served, visit: Visiting, form: Sent) -> Response[bytes]:
    """The first step: keep it, show it, wait for the second person."""
    visit.need("notices.send")
    now = context.clock.now()
    with context.db.write() as tx:
        data = bound.read(tx, visit.person.stores[0], now)
        fields = forms.read_fields(form, _EMPTY, data.time_zone)
        words = msgspec.structs.replace(fields, starts=None, ends=None)
        own = _slugs(tx, visit)
        chosen = [slug for slug in form.fields.get("displays", []) if slug in own]
        faults = [check for check in checks.check(words, False, 0, None) if check.level == "stop"]
        message = present.check_lines(visit.words, faults)[0].text if faults else _missing(visit, fields, chosen, now)
        if not message and fields.ends is not None:
            slug = f"n-{context.new_id()[-12:]}"
            notices.prepare(tx, slug, words, chosen, fields.ends, among=own, by=visit.person.actor, now=now)
    if message:
        with context.db.read() as tx:
            return _page(tx, context, visit, form=form, fields=fields, message=message)
    return site.redirect(f"{_HERE}?done=prepared")


@post("/notice/{slug:str}/confirm", sync_to_thread=True, status_code=303)
def confirm(context: Served, visit: Visiting, slug: FromPath[str], form: Sent) -> Response[bytes]:
    """The second step, by another person: on every screen at once."""
    visit.need("notices.send")
    try:
        with context.db.write() as tx:
            _own(tx, visit, slug)
            notices.confirm(tx, slug, by=visit.person.actor, now=context.clock.now(), read_bound=bound.read)
    except errors.Refusal as error:
        with context.db.read() as tx:
            return _page(tx, context, visit, message=visit.words(f"console.notice.refused.{error.facts['reason']}"))
    return site.redirect(f"{_HERE}?done=sent")


@post("/notice/{slug:str}/withdraw", sync_to_thread=True, status_code=303)
def withdraw(context: Served, visit: Visiting, slug: FromPath[str], form: Sent) -> Response[bytes]:
    """Take it back: what was covered goes on as if nothing had been."""
    visit.need("notices.send")
    with context.db.write() as tx:
        was = _own(tx, visit, slug).state
        notices.withdraw(tx, slug, by=visit.person.actor, now=context.clock.now(), read_bound=bound.read)
    return site.redirect(f"{_HERE}?done={'withdrawn' if was == 'sent' else 'dropped'}")


@get("/notice/{slug:str}/preview.png", sync_to_thread=True)
def preview(context: Served, visit: Visiting, slug: FromPath[str]) -> Response[bytes]:
    """The whole TV screen with the notice on it, drawn as the TV draws it."""
    visit.need("notices.send")
    now = context.clock.now()
    with context.db.read() as tx:
        found = notices.find(tx, slug)
        if not found.covers_one_of(_slugs(tx, visit)):
            raise _unknown(slug)
        scenery = notice_scenery(tx, found, now)
    data = _previews.png(scenery, MediaStore(context.settings.media.dir), now)
    return Response(data, media_type="image/png", headers={**site.SECURITY_HEADERS, "cache-control": "no-store"})


def _missing(visit: Visit, fields: Fields, chosen: Sequence[str], now: datetime) -> str:
    """What the form lacks, in a sentence; empty when nothing."""
    words = visit.words
    if not fields.text("text").zh.strip():
        return words("console.notice.needs-text")
    if fields.ends is None or not now < fields.ends <= now + notices.LONGEST:
        return words("console.notice.needs-end")
    return "" if chosen else words("console.notice.needs-display")


def _page(
    tx: Tx,
    context: Context,
    visit: Visit,
    *,
    form: Form | None = None,
    fields: Fields | None = None,
    message: str = "",
    done: str = "",
) -> Response[bytes]:
    words, now = visit.words, context.clock.now()
    data = bound.read(tx, visit.person.stores[0], now)
    own = _displays(tx, visit)
    reach = {row.slug for row in own}
    running, waiting = notices.running(tx, now, reach), notices.waiting(tx, now, reach)
    shown = running or waiting
    typed = fields if fields is not None else notices.last_words(tx, reach)
    chosen = reach if form is None else set(form.fields.get("displays", []))
    return site.page(
        "urgent.html",
        words,
        status=409 if message else 200,
        visit=visit,
        around=_Around(data),
        running=running,
        waiting=waiting,
        ours=shown is not None and shown.is_within(reach),
        mine=waiting is not None and waiting.prepared_by == visit.person.actor,
        people=staff.names(tx),
        until=numbers.clock(shown.ends, data.time_zone) if shown is not None else "",
        inputs=present.inputs(words, typed),
        ends=form.text("ends") if form is not None else "",
        earliest=f"{now.astimezone(ZoneInfo(data.time_zone)):%Y-%m-%dT%H:%M}",
        choices=[(row.slug, row.name.pick(words.language), row.slug in chosen) for row in own],
        screens=_screens(tx, visit, shown),
        message=message,
        done=done,
    )


def _displays(tx: Tx, visit: Visit, slugs: Collection[str] | None = None) -> list[DisplayRow]:
    return [row for row in repository.all_displays(tx, slugs) if row.store in visit.person.stores]


def _slugs(tx: Tx, visit: Visit) -> set[str]:
    return {row.slug for row in _displays(tx, visit)}


def _own(tx: Tx, visit: Visit, slug: str) -> Notice:
    """A notice for screens of the stores this person works for alone: what covers others' as well is not theirs to change (C1).

    Raises:
        NotFound: there is none.
    """
    found = notices.find(tx, slug)
    if not found.is_within(_slugs(tx, visit)):
        raise _unknown(slug)
    return found


def _unknown(slug: str) -> errors.NotFound:
    return errors.NotFound("expected a notice of one's own stores, found none", kind="notice", id=slug[:64])


def _screens(tx: Tx, visit: Visit, shown: Notice | None) -> list[_Screen]:
    """Each display the notice is for, and whether its device has what was sent."""
    if shown is None:
        return []
    standing: dict[str, Any] = {row.place: row for row in devices.standing(tx, visit.person.stores)}
    found = []
    for display in _displays(tx, visit, shown.displays):
        device, newest = standing.get(display.slug), repository.manifest_row(tx, display.slug)
        has = "none" if device is None else "waits"
        if device is not None and newest is not None and device.manifest_revision >= newest.revision:
            has = "yes"
        language = visit.words.language
        found.append(_Screen(display.slug, display.name.pick(language), display.place.pick(language), has))
    return found


handlers = [show_notice, prepare, confirm, withdraw, preview]
