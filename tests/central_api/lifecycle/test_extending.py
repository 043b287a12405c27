"""Staff let points live longer: the books stay proved, a refund and an undone merge still find them (A3, A4, A9)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from central_api.ledger import history
from central_api.ledger.extension import Extended
from central_api.ledger.tables import lots
from central_api.lifecycle import extending
from central_api.staff.tables import audit
from club.model import errors
from tests.central_api.lifecycle.pairs import merge, proved, undo
from tests.support.hall import Hall


def extend(hall: Hall, member: str, days: int, to: int, reason: str = "campaign") -> Extended:
    """Let what ends in so many days live until another."""
    today = hall.books.today
    return hall.db.run(
        lambda tx: extending.extend(
            tx,
            hall.keyring,
            member,
            ending=today + timedelta(days=days),
            until=today + timedelta(days=to),
            reason=reason,
            by="staff:1001",
            now=hall.books.at,
            new_id=hall.books.new_id,
        )
    )


def left(hall: Hall, member: str) -> list[tuple[int, int]]:
    """In how many days a lot ends, and what it holds."""
    with hall.db.read() as tx:
        rows = tx.rows(select(lots).where(lots.c.member == member, lots.c.left > 0))
    return sorted(((row.expires - hall.books.today).days, row.left) for row in rows)


def test_all_points_of_a_day_live_longer_and_others_as_before(hall: Hall) -> None:
    member = hall.member()
    for points, days in ((100, 10), (50, 10), (200, 90)):
        hall.books.earn(member, points, 0, days=days)
    hall.books.spend(member, 30)
    done = extend(hall, member, 10, 40)
    assert (done.member, done.points, left(hall, member)) == (member, 120, [(40, 50), (40, 70), (90, 200)])
    hall.books.today += timedelta(days=11)
    assert hall.books.expire(member) == ()
    hall.books.spend(member, 60)
    hall.books.seal()
    proved(hall)
    with hall.db.read() as tx:
        (act,) = tx.rows(select(audit).where(audit.c.act == "points.extend"))
        start = history.since(hall.books.at, "Asia/Shanghai")
        titles = [one.title.zh for one in history.movements(tx, member, start, "Asia/Shanghai", {})]
    assert (act.actor, act.facts["points"], act.facts["reason"]) == ("staff:1001", 120, "campaign")
    assert "积分延期" in titles


def test_a_refunded_bill_finds_its_points(hall: Hall) -> None:
    member = hall.member()
    bill = hall.books.earn(member, 100, 0, days=10)
    hall.books.earn(member, 100, 0, days=5)
    extend(hall, member, 10, 40)
    assert hall.books.take_back(bill, 60).points == 60
    assert left(hall, member) == [(5, 100), (40, 40)], "out of the bill's own"
    hall.books.today += timedelta(days=41)
    hall.books.expire(member)
    assert hall.books.take_back(bill, 40).expired == 40
    proved(hall)


def test_an_undone_merge_brings_back_what_was_made_to_live_longer_meanwhile(hall: Hall) -> None:
    source, target = hall.member(), hall.member()
    hall.books.earn(source, 100, 0, days=10)
    hall.books.earn(target, 50, 0, days=10)
    name = merge(hall, source, target).merge
    assert extend(hall, source, 10, 40) == Extended(target, 150, extended(hall))
    assert undo(hall, name).points == 100
    assert (left(hall, source), left(hall, target)) == ([(40, 100)], [(40, 50)])
    hall.books.seal()
    proved(hall)


def test_past_their_old_day_they_are_still_there_after_an_undone_merge_and_a_refund_finds_them(hall: Hall) -> None:
    source, target = hall.member(), hall.member()
    bill = hall.books.earn(source, 100, 0, days=10)
    hall.books.earn(source, 30, 0, days=20)
    name = merge(hall, source, target).merge
    extend(hall, source, 10, 40)
    hall.books.today += timedelta(days=11)
    assert undo(hall, name).points == 130
    assert hall.books.expire(source) == ()
    assert left(hall, source) == [(9, 30), (29, 100)], "what was not made to live longer is in its own lot again"
    hall.books.spend(source, 50)
    assert hall.books.take_back(bill, 40).points == 40
    assert left(hall, source) == [(29, 40)]
    again = merge(hall, source, target).merge
    assert (left(hall, source), left(hall, target)) == ([], [(29, 40)])
    assert undo(hall, again).points == 40
    assert (left(hall, source), left(hall, target)) == ([(29, 40)], [])
    hall.books.today += timedelta(days=30)
    hall.books.expire(source)
    assert left(hall, source) == []
    hall.books.seal()
    proved(hall)


def extended(hall: Hall) -> str:
    """The entry of the only extension."""
    with hall.db.read() as tx:
        return str(
            tx.scalar(select(lots.c.entry).where(lots.c.expires == hall.books.today + timedelta(days=40)).limit(1))
        )


@pytest.mark.parametrize(("days", "to"), [(10, 10), (10, 5), (-1, 5)])
def test_a_day_is_only_moved_ahead(hall: Hall, days: int, to: int) -> None:
    member = hall.member()
    hall.books.earn(member, 100, 0, days=10)
    with pytest.raises(errors.Malformed, match="a later one"):
        extend(hall, member, days, to)
    assert left(hall, member) == [(10, 100)]


def test_who_and_what_is_not_extended(hall: Hall) -> None:
    member = hall.member()
    hall.books.earn(member, 100, 0, days=10)
    with pytest.raises(errors.NotFound) as told:
        extend(hall, member, 11, 40)
    assert told.value.facts == {"kind": "lot"}
    with pytest.raises(errors.NotFound):
        extend(hall, "nobody", 10, 40)
    for reason in ("", "  ", "x" * 81, "a\nb"):
        with pytest.raises(errors.Malformed) as refused:
            extend(hall, member, 10, 40, reason)
        assert refused.value.facts == {"field": "reason"}
