"""The page of what kiosks handed out while the club could not be reached: what the store bears, and what staff look into (A14)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from central_api.console import device_pages, leaves, present, site
from central_api.console.entry import Sent, Visiting
from central_api.context import Served
from central_api.db import Tx
from central_api.rewards import repository as rewards
from central_api.rewards.offline import settling
from central_api.staff import service as staff
from club.model import errors, voucher
from club.words import numbers
from club.words.catalogue import Words

_HERE = "/console/offline"
_SHOWN = 50
_NO_VOUCHER = "none"
_NOT_COVERED = ("off", "reward", "elsewhere")


@dataclass(frozen=True, slots=True)
class Case:
    """One piece that staff look into: what it was, what is the matter, who pays, and how it stands."""

    key: str  # the command it was handed out with
    reward: str
    code: str
    why: str
    what_to_do: str
    points: str
    voucher: str
    look: str  # the colour of the voucher's state
    when: str
    done: str  # who looked into it and when; empty: nobody yet


@dataclass(frozen=True, slots=True)
class _Names:
    """How things are called: rewards by slug, places by device and store, people by actor."""

    rewards: Mapping[str, str]
    places: Mapping[tuple[str, str], str]
    people: Mapping[str, str]


@get("/offline", sync_to_thread=True)
def show(context: Served, visit: Visiting, done: FromQuery[str] = "", leaf: FromQuery[str] = "") -> Response[bytes]:
    """What is still to be looked into, and what was."""
    visit.need("offline.see")
    now = context.clock.now()
    with context.db.read() as tx:
        stores = visit.person.stores
        open_rows = [row for store in stores for row in settling.staff_list(tx, store)]
        handled = leaves.open_at(
            _HERE, leaf, _SHOWN, lambda skip, most: settling.looked_into_before(tx, stores, most, skip)
        )
        frame = device_pages.around(tx, context, visit)
        borne = sum(settling.store_account(tx, store) for store in stores)
        words, zone = visit.words, frame.data.time_zone
        return site.page(
            "offline.html",
            words,
            visit=visit,
            around=frame,
            summary=words("console.offline.summary", count=len(open_rows), points=numbers.points(borne)),
            waiting=_cases(tx, words, open_rows, now, zone),
            handled=_cases(tx, words, handled.rows, now, zone),
            leaf=handled,
            done="seen" if done == "seen" else "",
        )


@post("/offline/{command:str}/seen", sync_to_thread=True, status_code=303)
def seen(context: Served, visit: Visiting, command: FromPath[str], form: Sent) -> Response[bytes]:
    """Note that somebody looked into a case of their own store; once is enough."""
    visit.need("offline.handle")
    now, by, stores = context.clock.now(), visit.person.actor, visit.person.stores

    def work(tx: Tx) -> None:
        if not settling.is_case_of(tx, command, stores):
            raise errors.NotFound(f"no such case in {', '.join(stores)}: {command}", kind="case", id=command[:64])
        settling.looked_into(tx, command, by=by, now=now)

    context.db.run(work)
    return site.redirect(f"{_HERE}?done=seen")


def _cases(tx: Tx, words: Words, rows: Sequence[Any], now: datetime, zone: str) -> list[Case]:
    language, people = words.language, staff.names(tx)
    slugs = sorted({row.reward for row in rows})
    names = {row.slug: row.content.name.pick(language) for row in rewards.some_rewards(tx, slugs)}
    kiosks = settling.kiosk_names(tx, {row.device for row in rows})
    places = {where: name.pick(language) for where, name in kiosks.items()}
    return [_case(words, row, _Names(names, places, people), now, zone) for row in rows]


def _case(words: Words, row: Any, names: _Names, now: datetime, zone: str) -> Case:
    state = row.voucher_state or _NO_VOUCHER
    if row.reason in _NOT_COVERED:
        todo = "refuse"  # nobody was charged, and no voucher was made (ADR 16)
    elif state == _NO_VOUCHER:
        todo = "signed"  # no card was proved, so it is nobody's in the books, and good all the same
    else:
        todo = "honour" if state == "issued" else state
    points = words(
        "console.offline.points",
        price=numbers.points(row.price),
        taken=numbers.points(row.taken),
        shortfall=numbers.points(row.shortfall),
    )
    where = names.places.get((row.device, row.store), row.device)
    looked = ""
    if row.seen_at is not None:
        looked = words(
            "console.offline.seen-by",
            who=names.people.get(row.seen_by, row.seen_by),
            when=present.moment(words, row.seen_at, zone, now),
        )
    return Case(
        key=row.command,
        reward=names.rewards.get(row.reward, row.reward),
        code=voucher.grouped(row.code),
        why=words(f"console.offline.why.{row.reason}"),
        what_to_do=words(f"console.offline.do.{todo}"),
        points=points,
        voucher=words(f"console.offline.voucher.{state}"),
        look={"issued": "", "fulfilled": "n", _NO_VOUCHER: "d"}.get(state, "n"),
        when=words("console.offline.when", when=present.moment(words, row.issued_at, zone, now), where=where),
        done=looked,
    )


handlers = [show, seen]
