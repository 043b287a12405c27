"""The operations whose cost must not grow with the club: each the service's own code, in process, on one database, timed alone."""

import hashlib
import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Select, delete, func, select

from central_api import texts
from central_api.cards import sessions
from central_api.db import Database
from central_api.device_api import history, home
from central_api.devices import repository as stores
from central_api.devices.enrolled import Device
from central_api.feed.tables import feed_due
from central_api.jobs.job import Run
from central_api.jobs.points import expire_points
from central_api.ledger import service as ledger
from central_api.ledger.tables import lots
from central_api.programme import service as programmes
from central_api.rewards.commands import Ask, Desk
from central_api.rewards.service import Redeemer
from club.model import voucher
from club.model.clock import PinnedClock
from club.model.ids import new_id
from club.wire import codec
from tests.bench.points import load
from tests.bench.points.club import ZONE, Club, device_id, member_id, session_id, store_slug
from tests.bench.points.life import ENTRIES
from tests.bench.points.service import SESSION_MIN


@dataclass(frozen=True)
class Books:
    """A filled database with the club in it; `models` members are left out of what is drawn."""

    name: str
    db: Database
    club: Club
    today: date
    models: int


def balance(books: Books, luck: random.Random) -> float:
    """A member's points, tier points and next expiries."""
    member = _draw(books, luck)
    began = time.perf_counter()
    with books.db.read() as tx:
        found = ledger.balances(tx, member_id(member), books.today)
    took = time.perf_counter() - began
    _must(found.points > 0, f"points of member {member}", found)
    return took


def history_page(books: Books, luck: random.Random) -> float:
    """The first page of a member's history, as the kiosk's route makes it."""
    member = _draw(books, luck)
    store = books.club.store_of(member)
    device = Device(device_id(store), "kiosk", f"place-{store:03d}", store_slug(store))
    now = datetime.now(UTC)
    began = time.perf_counter()
    with books.db.read() as tx:
        session = sessions.get(tx, session_id(member), device)
        found = history._history(tx, session, "", "", now)
    took = time.perf_counter() - began
    _must(len(found.movements) > ENTRIES // 2, f"a page of member {member}", found.total)
    return took


def redeem(books: Books, luck: random.Random) -> float:
    """A redemption, from the proved command to its stored answer, of a member of whom nobody has asked before."""
    return _redeemed(books, luck, _draw(books, luck))


def redeem_after_tap(books: Books, luck: random.Random) -> float:
    """The same as it is at a kiosk: the tap was answered with the member's home page, and so read some of the pages."""
    member = _draw(books, luck)
    store = books.club.store_of(member)
    device = Device(device_id(store), "kiosk", f"place-{store:03d}", store_slug(store))
    now = datetime.now(UTC)
    with books.db.read() as tx:
        session = sessions.get(tx, session_id(member), device)
        shown = home.card_session(tx, session, programmes.current(tx, now), stores.all_stores(tx), now)
    _must(shown.member.points > 0, f"points of member {member}", shown.member.points)
    return _redeemed(books, luck, member)


def _redeemed(books: Books, luck: random.Random, member: int) -> float:
    (one,) = load.commands(books.club, 1, luck, [member], range(books.club.size.rewards))
    kiosk = books.club.kiosk_of(one.member)
    now, digest = datetime.now(UTC), hashlib.sha256(codec.encode(one.redeem)).hexdigest()
    redeemer = Redeemer(books.db, Desk(new_id, lambda: voucher.make(secrets.randbelow), SESSION_MIN))
    if redeemer._procedure is not None:
        redeemer._procedure._learn_zones()  # once for each process, not once for each command
    ask = Ask(one.redeem, kiosk.device_id, kiosk.public_key, digest, now)
    began = time.perf_counter()
    answer = redeemer.redeem_one(ask, now)
    took = time.perf_counter() - began
    _must(answer.status == 200, f"a voucher for member {one.member}", answer.body)
    return took


EACH: Mapping[str, tuple[Callable[[Books, random.Random], float], int]] = {
    "balance": (balance, 200),
    "history": (history_page, 60),
    "redeem": (redeem, 60),
    "redeem_after_tap": (redeem_after_tap, 60),
}
"""Each operation of one member, and how often it is timed in a round."""


def expire_night(books: Books, night: int) -> tuple[float, int]:
    """Run the nightly job after a night (0: the next one): seconds, and how many lots ended."""
    day = books.today + timedelta(days=night + 1)
    ended = select(func.count()).select_from(lots).where(lots.c.left > 0, lots.c.expires < day)
    run = Run(
        db=books.db,
        keyring=books.club.keys,
        clock=PinnedClock(texts.day_starts(day, ZONE)),
        new_id=new_id,
        random_below=secrets.randbelow,
        day=day,
        time_zone=ZONE,
        stores=tuple(store_slug(number) for number in range(books.club.size.stores)),
        dry=False,
        still=lambda: None,
    )
    count = _count(books, ended)
    began = time.perf_counter()
    expire_points(run)
    took = time.perf_counter() - began
    expected = f"lots that end in night {night}, all of them booked off, and none left after it"
    _must(count > 0 and run.counts.get("members") == count and _count(books, ended) == 0, expected, run.counts)
    return took, count


def forget_notes(books: Books) -> None:
    """Nobody is told of what is done here."""
    with books.db.write() as tx:
        tx.execute(delete(feed_due))


def _count(books: Books, query: Select[int]) -> int:
    with books.db.read() as tx:
        return int(tx.scalar(query))


def _draw(books: Books, luck: random.Random) -> int:
    return luck.randrange(books.models, books.club.size.members)


def _must(good: bool, expected: str, found: object) -> None:
    if not good:
        raise RuntimeError(f"expected {expected}, found {found!r}")
