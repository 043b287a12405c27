"""Proposes whose spending is honoured, and gives the reward when staff approve: once, and never by itself (A8)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from central_api import texts
from central_api.bills import repository as bills
from central_api.db import Tx
from central_api.gifts import desk as giving
from central_api.gifts.desk import Desk
from central_api.gifts.tables import ranking_places as places
from central_api.inbox import service as inbox
from central_api.ledger import service as ledger
from central_api.members import repository as members
from central_api.programme import spenders
from central_api.programme.spenders import Place, Ranking, Spender
from club.model import errors

_SPARE = 20  # members looked at beyond the places, for those who have left since


def standing(tx: Tx, ranking: Ranking, day: date, time_zone: str) -> tuple[spenders.Period, tuple[Place, ...]]:
    """The places of the last period that was over when `day` began. Reads only."""
    period = spenders.ended_before(ranking.per, day)
    since = texts.day_starts(period.first, time_zone)
    until = texts.day_starts(period.last + timedelta(days=1), time_zone)
    rows = bills.spenders(tx, since, until, len(ranking.rewards) + _SPARE)
    left = [row for row in rows if members.member(tx, row.member).status != "closed"]
    return period, spenders.places(ranking, (Spender(row.member, int(row.fen), row.last.isoformat()) for row in left))


def propose(tx: Tx, ranking: Ranking, day: date, time_zone: str, now: datetime) -> tuple[Place, ...]:
    """Write the places of the last period for staff to approve; empty where they were written before.

    Args:
        tx: a unit of work that writes.
        ranking: of the programme.
        day: the store's day.
        time_zone: in which the period is counted.
        now: the instant.
    """
    if of_period(tx, ranking.slug, spenders.ended_before(ranking.per, day).first):
        return ()
    period, found = standing(tx, ranking, day, time_zone)
    if not found:
        return ()
    rows = [
        {
            "ranking": ranking.slug,
            "first_day": period.first,
            "last_day": period.last,
            "place": one.number,
            "member": one.member,
            "spent_fen": one.fen,
            "reward": one.reward,
            "state": "proposed",
            "proposed_at": now,
        }
        for one in found
    ]
    tx.execute(insert(places), rows)
    for one in found:
        facts: inbox.Facts = {"ranking": ranking.slug, "first_day": period.first.isoformat(), "place": one.number}
        home = members.member(tx, one.member).home_store
        inbox.ask_staff(tx, _task(ranking.slug, period.first, one.number), "ranking", home, one.member, facts, now)
    return found


def of_period(tx: Tx, ranking: str, first_day: date) -> Sequence[Any]:
    """What was proposed of a period, the first place first."""
    query = select(places).where(places.c.ranking == ranking, places.c.first_day == first_day)
    return tx.rows(query.order_by(places.c.place))


def approve(tx: Tx, desk: Desk, ranking: str, first_day: date, place: int, *, by: str) -> bool:
    """Give a place its reward; whether it was given now. Approving again gives nothing more.

    Args:
        tx: a unit of work that writes.
        desk: what it is worked on with.
        ranking: slug.
        first_day: of the period.
        place: from 1.
        by: id of the member of staff.

    Raises:
        NotFound: nothing of that was proposed, or the catalogue lacks the reward.
        EditConflict: it was refused before. Facts: expected, found.
    """
    return _decide(tx, desk, ranking, first_day, place, "paid", by)


def refuse(tx: Tx, desk: Desk, ranking: str, first_day: date, place: int, *, by: str) -> bool:
    """Give a place nothing, by staff; errors as in `approve`."""
    return _decide(tx, desk, ranking, first_day, place, "refused", by)


def _decide(tx: Tx, desk: Desk, ranking: str, first_day: date, place: int, state: str, by: str) -> bool:
    one = (places.c.ranking == ranking, places.c.first_day == first_day, places.c.place == place)
    row: Any = tx.first(select(places).where(*one))
    if row is None:
        name = f"{ranking}:{first_day.isoformat()}:{place}"
        raise errors.NotFound("expected a place that was proposed, found none", kind="ranking", id=name)
    ledger.lock_member(tx, row.member)
    row = tx.first(select(places).where(*one))
    if row.state == state:
        return False
    if row.state != "proposed":
        raise errors.EditConflict(
            f"expected a place that waits to be decided on, found it {row.state}", expected="proposed", found=row.state
        )
    if state == "paid":
        giving.give_voucher(tx, desk, row.member, row.reward)
        facts: inbox.Facts = {"ranking": ranking, "place": place, "reward": row.reward}
        inbox.tell(tx, _task(ranking, first_day, place), "ranking", row.member, facts, desk.now)
    tx.execute(update(places).where(*one).values(state=state, decided_at=desk.now, decided_by=by))
    inbox.finish(tx, _task(ranking, first_day, place), by, desk.now)
    return True


def _task(ranking: str, first_day: date, place: int) -> str:
    return f"ranking:{ranking}:{first_day.isoformat()}:{place}"
