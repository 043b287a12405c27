"""Keeps birthdays without the year, and gives the gift of a tier once in each calendar year (A8)."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx, not_sought
from central_api.devices import repository as stores
from central_api.gifts import desk as giving
from central_api.gifts.desk import Desk
from central_api.gifts.tables import birthday_gifts, birthdays
from central_api.inbox import service as inbox
from central_api.ledger import service as ledger
from central_api.members import repository as members
from central_api.members.tables import members as member_rows
from central_api.programme import birthday as rules
from central_api.programme import service as programmes
from central_api.programme.birthday import Birthday, BirthdayGift
from club.model import errors
from club.model.clock import Clock


def keep(tx: Tx, member_id: str, month: int, day: int) -> None:
    """Keep a member's birthday, in place of what was known.

    Raises:
        Malformed: the calendar has no such day.
    """
    try:
        date(2000, month, day)  # a leap year: 29 February is a birthday
    except ValueError:
        raise errors.Malformed(
            f"expected a day of the year, found month {month}, day {day}", field="birthday"
        ) from None
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(birthdays).values(member=member_id, month=month, day=day)
    tx.execute(statement.on_conflict_do_update(index_elements=[birthdays.c.member], set_={"month": month, "day": day}))


def forget(tx: Tx, member_id: str) -> None:
    """Erase a member's birthday (A10); that gifts were given stays."""
    tx.execute(delete(birthdays).where(birthdays.c.member == member_id))


def in_month(tx: Tx, month: int, after: str, most: int, of_stores: Collection[str]) -> Sequence[str]:
    """The next active members of these home stores with a birthday in a month, behind an id."""
    query = (
        select(birthdays.c.member)
        .join(member_rows, member_rows.c.id == birthdays.c.member)
        .where(birthdays.c.month == month, birthdays.c.member > after)
        .where(member_rows.c.status == "active", not_sought(member_rows.c.home_store).in_(of_stores))
    )
    return list(tx.connection.execute(query.order_by(birthdays.c.member).limit(most)).scalars())


def due(tx: Tx, member_id: str, clock: Clock) -> BirthdayGift | None:
    """The gift a member can be given now, or None. Reads only."""
    found = programmes.counting(tx, clock.now()).birthday
    row: Any = tx.first(select(birthdays).where(birthdays.c.member == member_id))
    if found is None or row is None:
        return None
    member = members.member(tx, member_id)
    years = select(birthday_gifts.c.year).where(birthday_gifts.c.member == member_id)
    given = frozenset(tx.connection.execute(years).scalars())
    time_zone = stores.store(tx, member.home_store).time_zone
    return rules.due(found, member_id, Birthday(row.month, row.day), member.tier, given, clock, time_zone)


def give(tx: Tx, desk: Desk, member_id: str, clock: Clock) -> BirthdayGift | None:
    """Give the gift that is due by a clock, once; None where none is.

    Args:
        tx: a unit of work that writes.
        desk: what it is worked on with.
        member_id: whose.
        clock: for the day it is given for; booked is at the desk's instant.
    """
    ledger.lock_member(tx, member_id)
    gift = due(tx, member_id, clock)
    if gift is None:
        return None
    entry = None
    if gift.points:
        facts = {"year": gift.year}
        entry = giving.pay_points(tx, desk, member_id, "birthday", gift.points, clock.now(), facts).entry
    if gift.reward:
        giving.give_voucher(tx, desk, member_id, gift.reward)
    values = {
        "member": member_id,
        "year": gift.year,
        "at": desk.now,
        "tier": members.member(tx, member_id).tier,
        "points": gift.points,
        "reward": gift.reward,
        "entry": entry,
    }
    tx.execute(insert(birthday_gifts).values(**values))
    told: inbox.Facts = {"points": gift.points, "reward": gift.reward, "year": gift.year}
    inbox.tell(tx, gift.key, "birthday", member_id, told, desk.now)
    return gift
