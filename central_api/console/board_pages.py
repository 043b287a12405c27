"""The pages of the boards: the list, the editor, and what its buttons do (C2, C3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from central_api.activities import bound
from central_api.boards import checks, content, repository, service
from central_api.boards.content import BoundData, Fields
from central_api.boards.repository import BoardRow, DisplayRow
from central_api.boards.showing import next_showing
from central_api.boards.templates import TEMPLATES
from central_api.console import forms, present, site
from central_api.console.entry import Form, Sent, Visit, Visiting
from central_api.context import Context, Served
from central_api.db import Tx
from central_api.media import pictures
from central_api.media import service as media
from central_api.media.store import MediaStore
from central_api.staff import audit
from central_api.staff import service as staff
from club.model import errors
from club.render.boards import TEMPLATES as DRAWABLE

_LIBRARY_LEAST_WIDTH = 640


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What the pages say about a board's place in the club."""

    displays: Sequence[DisplayRow]
    contents: Sequence[content.DisplayContent]
    data: BoundData
    names: Mapping[str, str]  # who is behind an actor of the log


@get("/boards", sync_to_thread=True)
def show_list(context: Served, visit: Visiting) -> Response[bytes]:
    """All boards, each with its picture, state and the TVs that play it."""
    visit.need("boards.see")
    with context.db.read() as tx:
        now = context.clock.now()
        around = _surroundings(tx, visit, now)
        rows = repository.all_boards(tx)
    cards = [
        present.card(
            visit.words,
            row,
            [display for display, _ in _playing(around, row.slug)],
            around.data,
            now,
            by=around.names.get(row.edited_by, ""),
            drawn=row.template in DRAWABLE,
        )
        for row in rows
    ]
    return site.page(
        "boards.html", visit.words, visit=visit, cards=cards, edits={row.slug: row.edit for row in rows}, around=around
    )


@get("/boards/{slug:str}", sync_to_thread=True)
def show_editor(context: Served, visit: Visiting, slug: FromPath[str], done: FromQuery[str] = "") -> Response[bytes]:
    """The editor of one board, opened anew."""
    visit.need("boards.see")
    with context.db.read() as tx:
        row = service.board(tx, slug)
        return _editor(tx, context, visit, row, page=context.new_id(), done=done)


@post("/boards/{slug:str}", sync_to_thread=True, status_code=303)
def save(context: Served, visit: Visiting, slug: FromPath[str], form: Sent) -> Response[bytes]:
    """Store the draft, for browsers without scripts."""
    with context.db.write() as tx:
        _store_draft(tx, context, visit, slug, form)
    return site.redirect(f"/console/boards/{slug}?done=saved")


@post("/boards/{slug:str}/draft", sync_to_thread=True, status_code=200)
def autosave(context: Served, visit: Visiting, slug: FromPath[str], form: Sent) -> Response[bytes]:
    """Store the draft while it is typed, and answer with what changes on the page."""
    with context.db.write() as tx:
        row = _store_draft(tx, context, visit, slug, form)
    with context.db.read() as tx:
        return _editor(tx, context, visit, row, page=form.text("page"), template="draft.html")


@post("/boards/{slug:str}/publish", sync_to_thread=True, status_code=303)
def publish(context: Served, visit: Visiting, slug: FromPath[str], form: Sent) -> Response[bytes]:
    """Store the draft, freeze it as the next version, and let every TV that plays it know: all or nothing."""
    visit.need("boards.publish")
    now = context.clock.now()
    with context.db.write() as tx:
        row = _store_draft(tx, context, visit, slug, form)
        found = _checked(tx, row.draft, bound.read(tx, _store(visit), now))
        if not checks.may_publish(found):
            failed = next(check.code for check in found if check.level == "stop")
            raise errors.Refusal("expected a draft that passes its checks", reason=failed, board=slug)
        done = service.publish(tx, slug, expected_edit=row.edit, by=visit.person.actor, now=now, read_bound=bound.read)
        facts: dict[str, int | str] = {"version": done.version, "displays": len(done.raised)}
        audit.record(tx, actor=visit.person.actor, act="board.publish", subject=f"board:{slug}", now=now, facts=facts)
    return site.redirect(f"/console/boards/{slug}?done=published")


@post("/boards/{slug:str}/recall", sync_to_thread=True, status_code=303)
def recall(context: Served, visit: Visiting, slug: FromPath[str], form: Sent) -> Response[bytes]:
    """Take the board off every TV at once (L3)."""
    visit.need("boards.publish")
    now = context.clock.now()
    with context.db.write() as tx:
        _must_be_ours(tx, visit, service.board(tx, slug, lock=True))
        service.recall(tx, slug, now=now, read_bound=bound.read)
        audit.record(tx, actor=visit.person.actor, act="board.recall", subject=f"board:{slug}", now=now)
    return site.redirect(f"/console/boards/{slug}?done=recalled")


@post("/boards/{slug:str}/picture", sync_to_thread=True, status_code=303)
def set_picture(context: Served, visit: Visiting, slug: FromPath[str], form: Sent) -> Response[bytes]:
    """Give the draft another picture: one that is uploaded, or one of the library."""
    visit.need("boards.edit")
    now = context.clock.now()
    name, data = form.uploads.get("upload", ("", b""))
    uploaded = pictures.prepare(data) if data else None
    with context.db.write() as tx:
        row = service.board(tx, slug, lock=True)
        _must_be_ours(tx, visit, row)
        if uploaded is not None:
            store = MediaStore(context.settings.media.dir)
            stored = media.keep(tx, store, uploaded, name=name or slug, by=visit.person.actor, now=now)
        else:
            chosen = media.find(tx, form.text("picture"))
            if chosen is None:
                raise errors.NotFound("expected a picture of the library", kind="picture", id=form.text("picture")[:64])
            stored = chosen
        fields = forms.with_picture(row.draft, stored.sha256)
        _edit(tx, context, visit, row, fields, form)
    return site.redirect(f"/console/boards/{slug}?done=picture")


def _store_draft(tx: Tx, context: Context, visit: Visit, slug: str, form: Form) -> BoardRow:
    visit.need("boards.edit")
    row = service.board(tx, slug, lock=True)
    _must_be_ours(tx, visit, row)
    data = bound.read(tx, _store(visit), context.clock.now())
    return _edit(tx, context, visit, row, forms.read_fields(form, row.draft, data.time_zone), form)


def _edit(tx: Tx, context: Context, visit: Visit, row: BoardRow, fields: Fields, form: Form) -> BoardRow:
    now = context.clock.now()
    changed = service.edit(
        tx,
        row.slug,
        fields,
        expected_edit=form.number("edit"),
        by=visit.person.actor,
        now=now,
        page=form.text("page")[:64],
    )
    # A page stores its draft at every pause in typing; the log holds that it was edited there, once.
    if changed.edit != row.edit and changed.edited_on != row.edited_on:
        audit.record(
            tx,
            actor=visit.person.actor,
            act="board.edit",
            subject=f"board:{row.slug}",
            now=now,
            facts={"edit": changed.edit},
        )
    return changed


def _editor(
    tx: Tx, context: Context, visit: Visit, row: BoardRow, *, page: str, done: str = "", template: str = "board.html"
) -> Response[bytes]:
    words, now = visit.words, context.clock.now()
    around = _surroundings(tx, visit, now)
    time_zone = around.data.time_zone
    found = _checked(tx, row.draft, around.data)
    playing = _playing(around, row.slug)
    ours = _are_ours(visit, [display for display, _ in playing])
    showings = [(display, next_showing(plan, row.slug, row.draft, time_zone, now)) for display, plan in playing]
    comma = words("console.list-comma")
    return site.page(
        template,
        words,
        visit=visit,
        row=row,
        page=page,
        title=present.title(words, row.draft, around.data, now),
        saved=present.saved_line(words, row, time_zone, around.names),
        inputs=present.inputs(words, row.draft),
        dates=present.dates(words, row.draft, time_zone),
        facts=present.facts(words, row.draft, around.data),
        checks=present.check_lines(words, found),
        may_edit=ours and visit.may("boards.edit"),
        may_publish=ours and visit.may("boards.publish") and checks.may_publish(found),
        shown_on=comma.join(display.name.pick(words.language) for display, _ in playing),
        showings=present.showings(words, showings, now, time_zone),
        where=present.where(words, showings, now, time_zone),
        library=media.library(tx, least_width=_LIBRARY_LEAST_WIDTH) if TEMPLATES[row.template].picture else [],
        has_picture=TEMPLATES[row.template].picture,
        drawn=row.template in DRAWABLE,
        around=around,
        done=done if done in ("saved", "published", "recalled", "picture") else "",
    )


def _checked(tx: Tx, fields: Fields, data: BoundData) -> list[checks.Check]:
    stored = media.find(tx, fields.picture) if fields.picture else None
    activity = data.activities.get(fields.bind.activity)
    # A sharing column looks back: its activity is over by then, and that is right.
    ends = activity.ends if activity is not None and fields.template != "share" else None
    return checks.check(fields, stored is not None, stored.width if stored else 0, ends)


def _surroundings(tx: Tx, visit: Visit, now: datetime) -> _Surroundings:
    displays = repository.all_displays(tx)
    return _Surroundings(
        displays=displays,
        contents=repository.contents(tx, displays),
        data=bound.read(tx, _store(visit), now),
        names=staff.names(tx),
    )


def _playing(around: _Surroundings, slug: str) -> list[tuple[DisplayRow, content.DisplayContent]]:
    pairs = zip(around.displays, around.contents, strict=True)
    return [(display, plan) for display, plan in pairs if any(slug in playlist.boards for playlist in plan.playlists)]


def _are_ours(visit: Visit, displays: Sequence[DisplayRow]) -> bool:
    """Whether this person works for the store of each of these TVs."""
    return all(display.store in visit.person.stores for display in displays)


def _must_be_ours(tx: Tx, visit: Visit, row: BoardRow) -> None:
    """Let nobody change what TVs of other stores play: a board is changed by who works for every store that plays it (C1).

    Raises:
        NotAllowed: a TV of another store plays it. Facts: needs.
    """
    playing = repository.all_displays(tx, repository.displays_playing(tx, row.slug))
    if not _are_ours(visit, playing):
        stores = sorted({display.store for display in playing})
        raise errors.NotAllowed(f"expected somebody who works for {', '.join(stores)}", needs=",".join(stores))


def _store(visit: Visit) -> str:
    """The store whose data the pages show: the first one this person works for."""
    return visit.person.stores[0]


handlers = [show_list, show_editor, save, autosave, publish, recall, set_picture]
