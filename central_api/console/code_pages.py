"""The page where staff make a member's code: found by what is in hand, shown once as a QR, ended when a phone is lost (N8; ADR 18)."""

from dataclasses import dataclass

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from markupsafe import Markup

from central_api.cards import codes
from central_api.cards import repository as cards
from central_api.console import device_pages, present, site
from central_api.console.entry import Sent, Visit, Visiting
from central_api.context import Context, Served
from central_api.db import Tx
from central_api.members import repository as members
from central_api.members import search
from central_api.members.search import Masked
from central_api.staff import service as staff
from club.model import errors, member_code

_HERE = "/console/codes"
_SHORTEST, _LONGEST = 4, 64
IDENTITIES = ("id-card", "driving-licence", "vehicle-licence")
"""What staff may have looked at; the log of acts keeps which."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A member as the page shows them. `made`: when and by whom the code in force was made, empty without one."""

    id: str
    name: str
    line: str
    made: str


@get("/codes", sync_to_thread=True)
def show(context: Served, visit: Visiting, done: FromQuery[str] = "") -> Response[bytes]:
    """Where a member is looked for."""
    visit.need("cards.change")
    return _page(context, visit, done=done if done == "ended" else "")


@post("/codes", sync_to_thread=True, status_code=200)
def find(context: Served, visit: Visiting, form: Sent) -> Response[bytes]:
    """The members that what was typed is of. It comes as a form, so that no number stands in an address or its log."""
    visit.need("cards.change")
    query = form.text("query")[:_LONGEST].strip()
    if len(query) < _SHORTEST:
        return _page(context, visit, query=query, message="console.codes.too-short")
    with context.db.read() as tx:
        found = [each for each in search.find(tx, context.vault, query) if _is_ours(visit, each)]
        holders = [_holder(tx, context, visit, each) for each in found]
    if not holders:
        return _page(context, visit, query=query, message="console.codes.nobody")
    return _page(context, visit, holders=holders)  # a member's number is not shown back, whoever typed it


@post("/codes/{member_id:str}", sync_to_thread=True, status_code=200)
def make(context: Served, visit: Visiting, member_id: FromPath[str], form: Sent) -> Response[bytes]:
    """Make a member's code and show it, this once; the one before is good no more."""
    visit.need("cards.change")
    identity, now = form.text("identity"), context.clock.now()

    def work(tx: Tx) -> tuple[str, Holder]:
        _must_be_ours(tx, context, visit, member_id)
        if identity not in IDENTITIES:
            raise errors.Malformed(f"expected one of {', '.join(IDENTITIES)}, found another", field="identity")
        code = codes.issue(tx, member_id, by=visit.person.actor, now=now, identity=identity)
        [holder] = search.masked(tx, context.vault, [member_id])
        return code, _holder(tx, context, visit, holder)

    code, holder = context.db.run(work)
    return _page(context, visit, holders=[holder], qr=present.qr(member_code.qr_text(code)))


@get("/codes/{member_id:str}/end", sync_to_thread=True)
def ask_end(context: Served, visit: Visiting, member_id: FromPath[str]) -> Response[bytes]:
    """Ask once more before a member's code is ended: whoever has it on a phone cannot get it back."""
    visit.need("cards.change")
    with context.db.read() as tx:
        _must_be_ours(tx, context, visit, member_id)
        [found] = search.masked(tx, context.vault, [member_id])
        frame, holder = device_pages.around(tx, context, visit), _holder(tx, context, visit, found)
    return site.page("code-end.html", visit.words, visit=visit, around=frame, holder=holder)


@post("/codes/{member_id:str}/end", sync_to_thread=True, status_code=303)
def end(context: Served, visit: Visiting, member_id: FromPath[str], form: Sent) -> Response[bytes]:
    """End a member's code without a new one."""
    visit.need("cards.change")

    def work(tx: Tx) -> None:
        _must_be_ours(tx, context, visit, member_id)
        codes.withdraw(tx, member_id, by=visit.person.actor, now=context.clock.now())

    context.db.run(work)
    return site.redirect(f"{_HERE}?done=ended")


def _is_ours(visit: Visit, found: Masked) -> bool:
    """A store's own staff see to its members; those of all stores to everybody."""
    return found.status != "closed" and (not visit.person.stores or found.home_store in visit.person.stores)


def _must_be_ours(tx: Tx, context: Context, visit: Visit, member_id: str) -> None:
    """Refuse a member of another store as one that is not there.

    Raises:
        NotFound: see there.
    """
    if not [each for each in search.masked(tx, context.vault, [member_id]) if _is_ours(visit, each)]:
        raise errors.NotFound("expected a member of this store, found none", kind="member", id=member_id[:64])


def _holder(tx: Tx, context: Context, visit: Visit, found: Masked) -> Holder:
    made, row = "", cards.member_code(tx, members.family(tx, found.id))
    if row is not None:
        who = staff.names(tx).get(row.made_by, row.made_by)
        zone = device_pages.around(tx, context, visit).data.time_zone
        made = visit.words(
            "console.codes.made", when=present.moment(visit.words, row.made_at, zone, context.clock.now()), who=who
        )
    line = " · ".join(filter(None, (found.phone, *found.plates)))
    return Holder(found.id, found.name.pick(visit.words.language), line, made)


def _page(
    context: Context,
    visit: Visit,
    *,
    holders: list[Holder] | None = None,
    qr: Markup | str = "",
    query: str = "",
    message: str = "",
    done: str = "",
) -> Response[bytes]:
    with context.db.read() as tx:
        frame = device_pages.around(tx, context, visit)
    return site.page(
        "codes.html",
        visit.words,
        status=409 if message else 200,
        visit=visit,
        around=frame,
        holders=holders or [],
        identities=IDENTITIES,
        qr=qr,
        query=query,
        message=visit.words(message) if message else "",
        done=done,
    )


handlers = [show, find, make, ask_end, end]
