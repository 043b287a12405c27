"""Bills earn by the rules of their own hour, once, and say why (A2, A15)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from central_api.bills.schemas import BillLine, Title
from central_api.devices.tables import stores
from central_api.ledger import history
from central_api.ledger.tables import ledger_entries
from club.model import errors
from tests.support import programme_house as club
from tests.support.programme_house import House


def entries(house: House, member: str) -> int:
    """How many entries a member has."""
    with house.books.db.read() as tx:
        return int(tx.scalar(select(func.count()).where(ledger_entries.c.member == member)))


def test_a_bill_earns_on_both_tracks_each_line_with_its_own_last_day(house: House) -> None:
    member = house.member()
    booked = house.book(
        house.bill(
            member,
            BillLine(line="1", category="maintenance", paid_fen=123_456),
            BillLine(line="2", category="accessories", paid_fen=150_099),
            BillLine(line="3", category="repair", paid_fen=80_000, payer="insurer"),
        )
    )
    # 1,234 and 1,500 and the bonus of 100 for a full thousand of accessories; what the insurer pays earns nothing.
    assert (booked.points, booked.tier_points) == (1234 + 1500 + 100, 2734)
    assert house.points(member) == (2834, 2734, 0)
    assert house.lots(member) == [("2026-12-31", 100), ("2026-12-31", 1500), ("2027-06-30", 1234)]
    assert [(one.line, one.step, one.points) for one in booked.why] == [
        ("1", "base", 1234),
        ("2", "base", 1500),
        ("3", "exclusion", 0),
        ("", "stepped-bonus", 100),
    ]
    assert house.faults() == []


def test_the_members_history_shows_one_movement_and_says_why(house: House) -> None:
    member = house.member()
    house.now = datetime(2026, 6, 8, 2, 0, tzinfo=UTC)  # 10:00 on the 8th in Shanghai: a double day
    house.book(house.bill(member, 50_000))
    with house.books.db.read() as tx:
        (movement,) = history.movements(tx, member, house.now - timedelta(days=1), club.ZONE, {})
    assert (movement.kind, movement.points, movement.tier_points, movement.paid_fen) == ("earned", 1000, 500, 50_000)
    assert movement.note.zh == "会员日双倍"


def test_the_same_bill_again_is_the_same_answer_and_books_nothing(house: House) -> None:
    member = house.member()
    told = house.bill(member, 50_000)
    first = house.book(told)
    house.now += timedelta(days=3)
    assert house.book(told) == first
    assert house.points(member) == (500, 500, 0)
    assert entries(house, member) == 1


def test_the_same_number_with_another_content_is_a_conflict(house: House) -> None:
    member = house.member()
    house.book(house.bill(member, 50_000, number="B-7"))
    with pytest.raises(errors.IdempotencyConflict) as refused:
        house.book(house.bill(member, 60_000, number="B-7"))
    assert refused.value.facts == {"source": "dms", "number": "B-7"}
    assert house.points(member) == (500, 500, 0)


def test_the_order_of_lines_and_the_zone_of_the_time_are_no_other_content(house: House) -> None:
    member = house.member()
    lines = [BillLine(line=str(n), category="repair", paid_fen=n * 10_000) for n in (1, 2)]
    first = house.book(house.bill(member, *lines, number="B-1"))
    told = house.bill(member, *reversed(lines), at=house.now.astimezone(ZoneInfo("Europe/Berlin")), number="B-1")
    assert house.book(told) == first


def test_a_late_bill_is_judged_by_the_rules_of_its_own_hour(house: House) -> None:
    member = house.member()
    dearer = club.changed(club.EARN, categories=tuple(club.changed(one, per_fen=1000) for one in club.EARN.categories))
    house.put(club.changed(club.COUNTING, earn=dearer), since=house.now - timedelta(days=1))
    old = house.bill(member, 50_000, at=house.now - timedelta(days=2))
    new = house.bill(member, 50_000)
    assert [house.book(one).points for one in (new, old)] == [50, 500]


def test_a_late_bill_earns_at_the_tier_of_its_own_hour(house: House) -> None:
    member = house.member()
    house.book(house.bill(member, 1_300_000))  # 13,000: gold, at once
    assert house.row(member).tier == "gold"
    house.now += timedelta(days=1)
    late = house.book(house.bill(member, 10_000, at=house.now - timedelta(days=2)))
    fresh = house.book(house.bill(member, 10_000))
    assert (late.points, fresh.points) == (100, 120)


def test_points_of_a_very_late_bill_expire_at_once_and_never_show_in_the_balance(house: House) -> None:
    member = house.member()
    booked = house.book(house.bill(member, 50_000, at=house.now - timedelta(days=700)))
    assert booked.points == 500
    assert house.points(member) == (0, 500, 0)
    assert house.faults() == []


@pytest.mark.parametrize(("zone", "expires"), [("Asia/Shanghai", "2027-03-31"), ("America/New_York", "2026-12-31")])
def test_the_day_is_the_stores_day(house: House, zone: str, expires: str) -> None:
    with house.books.db.write() as tx:
        tx.execute(update(stores).values(time_zone=zone))
    member = house.member()
    house.now = datetime(
        2025, 12, 31, 17, 0, tzinfo=UTC
    )  # already the new year in Shanghai, still the old one in New York
    house.book(house.bill(member, 10_000))
    assert house.lots(member) == [(expires, 100)]


def test_29_february_lives_to_the_end_of_its_quarter_a_year_on(house: House) -> None:
    member = house.member()
    house.now = datetime(2028, 2, 29, 4, 0, tzinfo=UTC)
    house.book(house.bill(member, 10_000))
    assert house.lots(member) == [(date(2029, 3, 31).isoformat(), 100)]


def test_what_cannot_be_is_refused_and_changes_nothing(house: House) -> None:
    member = house.member()
    refused = [
        (house.bill("nobody", 10_000), errors.NotFound),
        (club.changed(house.bill(member, 10_000), store="moon"), errors.NotFound),
        (house.bill(member, BillLine(line="1", category="unheard-of", paid_fen=1)), errors.Malformed),
        (house.bill(member, BillLine(line="1", category="repair", points=5)), errors.Malformed),
        (house.bill(member, *[BillLine(line="1", category="repair")] * 2), errors.Malformed),
        (house.bill(member, 10_000, at=house.now + timedelta(days=1)), errors.Malformed),
        (house.bill(member, 10_000, at=datetime(1, 1, 1, tzinfo=UTC)), errors.Malformed),
        (house.bill(member, 10_000, at=club.FIRST - timedelta(days=1)), errors.Malformed),
    ]
    for told, error in refused:
        with pytest.raises(error):
            house.book(told)
    assert entries(house, member) == 0
    assert house.points(member) == (0, 0, 0)


def test_amounts_at_their_limits_are_booked_or_refused_whole_and_the_answer_can_be_read_again(house: House) -> None:
    member = house.member()
    for fen in (0, 1, 99, 100_000_000):
        told = house.bill(member, fen)
        assert house.book(told) == house.book(told)
    before = house.points(member)
    with pytest.raises(errors.Malformed, match="check its amounts"):
        house.book(house.bill(member, 1_000_000_000_000))
    with pytest.raises(errors.Malformed, match="check its amounts"):
        house.book(house.bill(member, *[BillLine(line=str(n), category="repair", paid_fen=10**11) for n in range(500)]))
    assert house.points(member) == before


def test_the_lines_of_a_bill_are_told_in_its_order(house: House) -> None:
    member = house.member()
    lines = [BillLine(line=str(n), category="repair", paid_fen=100, title=Title(zh=f"第{n}项")) for n in range(1, 13)]
    house.book(house.bill(member, *lines))
    with house.books.db.read() as tx:
        (movement,) = history.movements(tx, member, house.now - timedelta(days=1), club.ZONE, {})
    assert movement.title.zh.split("、") == [f"第{n}项" for n in range(1, 13)]


def test_an_insurance_bill_that_is_enough_renews_the_membership_once(house: House) -> None:
    member = house.member()
    line = BillLine(line="1", category="insurance", paid_fen=320_000)
    booked = house.book(house.bill(member, line))
    assert booked.renewed_to == "2027-12-31"
    again = house.book(house.bill(member, line))  # it runs for more than a year by now
    assert again.renewed_to == ""
    assert house.row(member).valid_to == date(2027, 12, 31)
