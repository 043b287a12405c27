"""Books off points and vouchers whose last day is over, and tells of points that end soon (A3, A14, A16)."""

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import select, tuple_, update

from central_api.db import Tx, not_sought
from central_api.devices import repository as stores
from central_api.inbox import service as inbox
from central_api.jobs.job import BATCH, Run
from central_api.jobs.tables import due_vouchers
from central_api.ledger import expiry, mirror
from central_api.ledger import repository as books
from central_api.ledger import service as ledger
from central_api.members import repository as members
from central_api.members.tables import members as member_rows
from central_api.programme import service as programmes
from central_api.rewards import holds
from central_api.rewards.tables import vouchers
from club.model import points as model


def expire_points(run: Run) -> None:
    """Book off what each member of the zone holds whose last day lies before the day; found by the index of such lots."""

    def off(tx: Tx, member_id: str) -> None:
        if not run.dry:
            ledger.lock_member(tx, member_id)
        gone = model.lapsed(books.lots_of(tx, member_id), run.day)
        points = sum(lot.left for lot in gone)
        if run.dry:
            run.say(f"{member_id} {points}")
        else:
            home = members.member(tx, member_id).home_store
            entries = expiry.expire(tx, member_id, run.day, at=run.now, new_id=run.new_id, store=home)
            if not entries:
                return
            mirror.publish_member(tx, run.keyring, member_id, run.now, stores.store(tx, home).time_zone)
        run.count("members")
        run.count("points", points)

    seen: set[str] = set()

    def once() -> Iterator[str]:
        for _, member in _lapsing(run, run.day):
            if member not in seen:  # one with several such days is done with the first
                seen.add(member)
                yield member

    run.each(once(), off)


def warn_of_expiry(run: Run) -> None:
    """Tell members of points that end soon, once for each last day and each of the programme's days before it (A16)."""
    with run.db.read() as tx:
        days = programmes.counting(tx, run.judged_at).expiry_warn_days
    ending: dict[str, list[date]] = {}

    def who() -> Iterator[str]:
        last = run.day + timedelta(days=max(days, default=-1) + 1)
        for day, member in _lapsing(run, last, since=run.day):
            ending.setdefault(member, []).append(day)
        yield from ending

    def tell(tx: Tx, member_id: str) -> None:
        held = books.lots_of(tx, member_id)
        for day in ending[member_id]:
            due = min(one for one in days if (day - run.day).days <= one)  # the nearest, where some were missed
            points = sum(lot.left for lot in held if lot.expires == day)
            facts: inbox.Facts = {"days": due, "points": points, "expires": day.isoformat()}
            key = f"points-expire:{member_id}:{day.isoformat()}:{due}"
            if points and (run.dry or inbox.tell(tx, key, "points-expire", member_id, facts, run.now)):
                run.count("told")
                run.say(f"{member_id} {points} until {day.isoformat()}")

    run.each(who(), tell)


def _lapsing(run: Run, before: date, since: date = date.min) -> Iterator[tuple[date, str]]:
    """Each last day before a day, and not before `since`, on which a member of the zone holds something."""
    after = (since, "")
    while True:
        with run.db.read() as tx:
            found = books.lapsing(tx, before, after, BATCH)
            here = members.at_home(tx, {member for _, member in found}, run.stores)
        yield from (one for one in found if one[1] in here)
        if len(found) < BATCH:
            return
        after = found[-1]


def expire_vouchers(run: Run) -> None:
    """Let vouchers expire whose last day is over; the points are not given back."""
    after = (date.min, "")
    while True:
        run.still()
        with run.db.write() as tx:
            query = (
                select(vouchers.c.valid_to, vouchers.c.id)
                .join(member_rows, member_rows.c.id == vouchers.c.member)
                .where(
                    due_vouchers(), vouchers.c.valid_to < run.day, not_sought(member_rows.c.home_store).in_(run.stores)
                )
                .where(tuple_(vouchers.c.valid_to, vouchers.c.id) > tuple_(*after))
            )
            found = tx.rows(query.order_by(vouchers.c.valid_to, vouchers.c.id).limit(BATCH))
            if found and not run.dry:
                ids = [row.id for row in found]
                over = update(vouchers).where(vouchers.c.id.in_(ids), vouchers.c.state == "issued")
                tx.execute(over.values(state="expired", closed_at=run.now))
        run.count("vouchers", len(found))
        for row in found:
            run.say(row.id)
        if len(found) < BATCH:
            return
        after = (found[-1].valid_to, found[-1].id)


def close_holds(run: Run) -> None:
    """Mark the holds whose time is over; they keep nothing since then, whether they are marked or not (A13)."""
    while not run.dry:
        run.still()
        with run.db.write() as tx:
            closed = holds.expire_due(tx, run.now, BATCH)
        run.count("holds", closed)
        if closed < BATCH:
            return
