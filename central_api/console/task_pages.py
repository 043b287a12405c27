"""The page of what waits for a store's staff: refunds that cannot be right, joining gifts that could not be given, phones that another has (A4, A8, K11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from central_api.console import device_pages, leaves, present, site
from central_api.console.entry import Sent, Visiting
from central_api.context import Context, Served
from central_api.db import Tx
from central_api.inbox import service as inbox
from central_api.members import search
from central_api.staff import audit
from central_api.staff import service as staff
from club.model import errors
from club.words.catalogue import Words

KINDS = ("refund-unclear", "joining-unclear", "phone-taken")
"""What is closed by saying that it was seen to; other tasks of staff end by an act of their own."""
_HERE = "/console/tasks"
_SHOWN = 50
_SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Task:
    """One task in words: what it is of, whose, what happened, what to do, and who saw to it (empty: nobody yet)."""

    key: str
    title: str
    member: str
    why: str
    what_to_do: str
    when: str
    done: str


@get("/tasks", sync_to_thread=True)
def show(context: Served, visit: Visiting, done: FromQuery[str] = "", leaf: FromQuery[str] = "") -> Response[bytes]:
    """What still waits, and what was seen to."""
    visit.need("tasks.see")
    stores = visit.person.stores
    with context.db.read() as tx:
        waiting = inbox.open_in(tx, stores, KINDS)
        handled = leaves.open_at(_HERE, leaf, _SHOWN, lambda skip, most: inbox.done_in(tx, stores, KINDS, most, skip))
        frame = device_pages.around(tx, context, visit)
        names = _members(tx, context, visit.words, [*waiting, *handled.rows])
        people = staff.names(tx)
    words, now, zone = visit.words, context.clock.now(), frame.data.time_zone
    return site.page(
        "tasks.html",
        words,
        visit=visit,
        around=frame,
        summary=words("console.tasks.summary", count=len(waiting)),
        waiting=[_task(words, row, names, people, now, zone) for row in waiting],
        handled=[_task(words, row, names, people, now, zone) for row in handled.rows],
        leaf=handled,
        done=done == "done",
    )


@post("/tasks/{key:str}/done", sync_to_thread=True, status_code=303)
def finish(context: Served, visit: Visiting, key: FromPath[str], form: Sent) -> Response[bytes]:
    """Close a task of their own store; once is enough."""
    visit.need("tasks.handle")
    now, by, stores = context.clock.now(), visit.person.actor, visit.person.stores

    def work(tx: Tx) -> None:
        if not inbox.is_of(tx, key, stores, KINDS):
            raise errors.NotFound(f"no such task in {', '.join(stores)}: {key}", kind="task", id=key[:64])
        if inbox.finish(tx, key, by, now):
            audit.record(tx, actor=by, act="task.done", subject=f"task:{key}"[:160], now=now)

    context.db.run(work)
    return site.redirect(f"{_HERE}?done=done")


def _members(tx: Tx, context: Context, words: Words, rows: Sequence[Any]) -> dict[str, str]:
    """How a list calls these tasks' members: masked, the surname with the phone's ends."""
    ids = sorted({row.member for row in rows if row.member})
    found = search.masked(tx, context.vault, ids)
    return {one.id: " ".join(filter(None, (one.name.pick(words.language), one.phone))) for one in found}


def _task(
    words: Words, row: Any, names: Mapping[str, str], people: Mapping[str, str], now: datetime, zone: str
) -> Task:
    facts = {name: str(value) for name, value in row.facts.items()}
    done = ""
    if row.done_at is not None:
        by_itself = row.done_by == _SYSTEM
        who = words("console.tasks.by-itself") if by_itself else people.get(row.done_by, row.done_by)
        done = words("console.tasks.done-by", who=who, when=present.moment(words, row.done_at, zone, now))
    return Task(
        key=row.key,
        title=words(f"console.tasks.title.{row.kind}"),
        member=names.get(row.member, ""),
        why=words(f"console.tasks.why.{row.kind}", **facts),
        what_to_do=words(f"console.tasks.do.{row.kind}"),
        when=present.moment(words, row.made_at, zone, now),
        done=done,
    )


handlers = [show, finish]
