"""Memberships are renewed three ways, once each, reminded of and ended by the night (A6)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from central_api.inbox import service as inbox
from central_api.jobs import runner
from central_api.membership import service as membership
from central_api.membership.service import Renewed
from central_api.membership.tables import renewals
from central_api.programme.renewal import Offer
from club.model import errors
from tests.support.programme_house import House

END = date(2026, 12, 31)


def renew(house: House, member: str, offer: Offer) -> Renewed:
    return house.books.db.run(
        lambda tx: membership.renew(tx, member, offer, by="li", now=house.now, new_id=house.books.new_id)
    )


def test_a_fee_renews_once_for_each_number(house: House) -> None:
    member = house.member()
    offer = Offer("fee", "F-1", 19_900)
    assert renew(house, member, offer) == Renewed(date(2027, 12, 31), new=True)
    assert renew(house, member, offer) == Renewed(date(2027, 12, 31), new=False)
    with pytest.raises(errors.LimitReached):
        renew(house, member, Offer("fee", "F-2", 19_900))
    assert house.row(member).valid_to == date(2027, 12, 31)


def test_points_are_taken_once_with_the_renewal_or_not_at_all(house: House) -> None:
    member = house.member()
    with pytest.raises(errors.NotEnoughPoints):
        renew(house, member, Offer("points", "c-1"))
    assert house.row(member).valid_to == END
    house.book(house.bill(member, 60_000))
    for new in (True, False):
        assert renew(house, member, Offer("points", "c-1")).new == new
    assert house.points(member) == (100, 600, 0)
    with house.books.db.read() as tx:
        (row,) = tx.rows(select(renewals))
    assert (row.way, row.points, row.starts, row.entry is None) == ("points", 500, date(2027, 1, 1), False)
    assert house.faults() == []


def test_the_night_reminds_ends_and_a_late_renewal_leaves_no_gap(house: House) -> None:
    member, closed = house.member(), house.member()
    renew(house, closed, Offer("fee", "F-0", 19_900))
    house.at(END - timedelta(days=60))
    house.tick()
    told: dict[date, int] = {}
    for days in range(-50, 3):
        house.at(END + timedelta(days=days), 1)
        for ran in house.tick("memberships"):
            if ran.counts.get("reminded"):
                with house.books.db.read() as tx:
                    told[house.today] = inbox.messages_of(tx, member)[0].facts["days"]
    assert told == {END - timedelta(days=days): days for days in (45, 15, 3)}
    assert house.row(member).status == "expired"
    assert house.row(closed).status == "active"
    assert renew(house, member, Offer("fee", "F-1", 19_900)).valid_to == date(2027, 12, 31)
    assert house.row(member).status == "active"


def test_the_last_day_belongs_to_the_membership(house: House) -> None:
    member = house.member()
    house.at(END, 23)
    assert runner.run_by_hand(house.parts, "memberships")[0].counts == {"reminded": 1}
    assert house.row(member).status == "active"
    house.at(END + timedelta(days=1), 0, 15)
    assert runner.run_by_hand(house.parts, "memberships", dry=True)[0].lines == [f"{member} ended"]
    assert runner.run_by_hand(house.parts, "memberships")[0].counts == {"ended": 1}
    assert runner.run_by_hand(house.parts, "memberships")[0].counts == {}
    assert house.row(member).status == "expired"


def test_after_the_grace_the_member_joins_anew(house: House) -> None:
    member = house.member()
    house.at(END + timedelta(days=31))
    with pytest.raises(errors.CardNotActive):
        renew(house, member, Offer("fee", "F-1", 19_900))
    assert house.row(member).valid_to == END
