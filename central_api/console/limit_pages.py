"""The page of what each card of a company may spend: staff set it for every driver (N4)."""

from dataclasses import dataclass
from typing import Any, Literal

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from central_api import texts
from central_api.cards import repository as cards
from central_api.console import device_pages, leaves, site
from central_api.console.entry import Form, Sent, Visit, Visiting
from central_api.context import Context, Served
from central_api.db import Tx
from central_api.lifecycle import card_desk
from central_api.members import masks
from central_api.rewards import limits
from central_api.security.envelope import Place
from club.model import errors
from club.words import numbers
from club.words.catalogue import Words

_HERE = "/console/limits"
_SHOWN = 50
_LONGEST = 64
_TAIL = 4  # digits of the printed number, to tell cards apart


@dataclass(frozen=True, slots=True)
class DriverCard:
    """One card: whose, how it is told apart, and what it may spend. `points` is empty for no limit."""

    id: str
    company: str
    driver: str
    number: str
    blocked: bool
    points: str
    per: str
    used: str
    seen: str


@get("/limits", sync_to_thread=True)
def show(context: Served, visit: Visiting, done: FromQuery[str] = "", leaf: FromQuery[str] = "") -> Response[bytes]:
    """The cards of the companies whose stores this person works for, leaf by leaf."""
    visit.need("cards.change")
    stores = visit.person.stores
    with context.db.read() as tx:
        found = leaves.open_at(_HERE, leaf, _SHOWN, lambda skip, most: cards.of_companies(tx, stores, most, skip))
        return _page(tx, context, visit, found, done=done == "set")


@post("/limits", sync_to_thread=True, status_code=200)
def find(context: Served, visit: Visiting, form: Sent) -> Response[bytes]:
    """The cards that what was typed is of; of nothing, all leaf by leaf. It comes as a form, so that no company stands in an address or its log."""
    visit.need("cards.change")
    query = _query(form)
    if not query:
        return site.redirect(_HERE)
    with context.db.read() as tx:
        return _found(tx, context, visit, query)


@post("/limits/{card:str}", sync_to_thread=True, status_code=303)
def put(context: Served, visit: Visiting, card: FromPath[str], form: Sent) -> Response[bytes]:
    """Set or lift a card's limit; an empty field means that there is none. It leads back to the leaf, or to what was found.

    What the page showed comes along: a page sent again, or one that is old, does not undo what a colleague set since.
    """
    visit.need("cards.change")
    desk = card_desk.Desk(context.vault, context.keyring, visit.person.actor, context.clock.now())

    def work(tx: Tx) -> None:
        if not cards.is_of_company(tx, card, visit.person.stores):
            raise errors.NotFound(f"no company's card of {', '.join(visit.person.stores)}", kind="card", id=card[:64])
        points = form.number("points") if form.text("points").strip() else None
        window = _window(form)
        card_desk.limit(tx, desk, card, points, window, seen=form.text("seen"))

    context.db.run(work)
    query, leaf = _query(form), form.text("leaf")
    if query:
        with context.db.read() as tx:
            return _found(tx, context, visit, query, done=True)
    where = f"&leaf={leaf}" if leaf.isascii() and leaf.isdecimal() else ""
    return site.redirect(f"{_HERE}?done=set{where}")


def _query(form: Form) -> str:
    return form.text("query")[:_LONGEST].strip()


def _found(tx: Tx, context: Context, visit: Visit, query: str, *, done: bool = False) -> Response[bytes]:
    rows = cards.of_companies(tx, visit.person.stores, _SHOWN + 1, like=query)
    found = leaves.Leaf(1, rows[:_SHOWN], "", "")
    return _page(tx, context, visit, found, query=query, more=len(rows) > _SHOWN, done=done)


def _window(form: Form) -> Literal["day", "month"]:
    match form.text("per"):
        case "day":
            return "day"
        case "month":
            return "month"
    raise errors.Malformed("expected day or month, found another window", field="per")


def _page(
    tx: Tx,
    context: Context,
    visit: Visit,
    leaf: leaves.Leaf,
    *,
    query: str = "",
    more: bool = False,
    done: bool = False,
) -> Response[bytes]:
    return site.page(
        "limits.html",
        visit.words,
        visit=visit,
        around=device_pages.around(tx, context, visit),
        cards=[_card(tx, context, visit.words, row) for row in leaf.rows],
        leaf=leaf,
        query=query,
        more=more,
        done=done,
    )


def _card(tx: Tx, context: Context, words: Words, row: Any) -> DriverCard:
    driver = context.vault.open(tx, Place("cards", "driver", row.id), row.driver) if row.driver else ""
    used = ""
    if row.limit_points is not None:
        spent = limits.so_far(tx, row, context.clock.now(), row.home_store)
        used = words(f"console.limits.used-{row.limit_per}", points=numbers.points(spent))
    return DriverCard(
        id=row.id,
        company=masks.company(texts.text(row.surname).pick(words.language)),
        driver=masks.name(driver[:1]) or words("console.limits.no-driver"),
        number=words("console.limits.number", tail=row.number.replace(" ", "")[-_TAIL:]),
        blocked=row.state == "blocked",
        points="" if row.limit_points is None else str(row.limit_points),
        per=row.limit_per or "month",
        used=used,
        seen=card_desk.limit_name(row),
    )


handlers = [show, find, put]
