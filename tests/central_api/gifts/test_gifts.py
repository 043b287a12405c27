"""Birthdays once a year, referrals late, capped and taken back, rankings by approval (A8)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, select, update

from central_api.bills.schemas import BillLine
from central_api.db import Tx
from central_api.gifts import birthdays, rankings, referrals
from central_api.gifts.desk import Desk
from central_api.gifts.tables import birthday_gifts
from central_api.inbox import service as inbox
from central_api.jobs import runner
from central_api.members.tables import members
from central_api.rewards.content import RewardContent
from central_api.rewards.tables import reward_categories, rewards, vouchers
from club.model import errors, voucher
from club.model.text import Text
from tests.support import programme_house as club
from tests.support.programme_house import House

DAY = date(2026, 5, 16)
CAR = BillLine(line="1", category="vehicle", paid_fen=20_000_000, vehicle="V-1")


@pytest.fixture
def shop(house: House) -> House:
    """The house with the rewards that gifts name."""
    with house.books.db.write() as tx:
        tx.execute(insert(reward_categories).values(slug="care", name={}, position=0))
        for slug in ("wash", "cash-100", "cash-50", "service"):
            values: dict[str, Any] = {
                "slug": slug,
                "category": "care",
                "type": "service",
                "points": 1,
                "value_fen": 0,
                "sold_out": False,
                "limit_per": "",
                "limit_times": 0,
                "valid_days": 30,
                "starts": house.now,
                "position": 0,
                "content": msgspec.to_builtins(RewardContent(name=Text(slug), line=Text(""), picture="")),
            }
            tx.execute(insert(rewards).values(**values))
    house.at(DAY)
    return house


def given(house: House, member: str) -> list[tuple[str, date]]:
    with house.books.db.read() as tx:
        rows = tx.rows(select(vouchers).where(vouchers.c.member == member).order_by(vouchers.c.valid_to))
    return [(row.reward, row.valid_to) for row in rows]


def born(house: House, member: str, month: int, day: int) -> None:
    with house.books.db.write() as tx:
        birthdays.keep(tx, member, month, day)


def test_a_birthday_is_given_once_in_a_year_even_if_it_was_changed(shop: House) -> None:
    member = shop.member()
    born(shop, member, 6, 20)
    shop.tick()
    for day in (date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 2)):
        shop.at(day)
        shop.tick("birthdays")
    born(shop, member, 7, 3)
    shop.at(date(2026, 7, 1))
    shop.tick("birthdays")
    assert shop.points(member) == (100, 0, 0)
    assert shop.lots(member) == [("2026-09-30", 100)]
    shop.at(date(2027, 7, 1))
    shop.tick("birthdays")
    assert shop.points(member)[0] == 100  # last year's have expired by their days
    with shop.books.db.read() as tx:
        assert [row.year for row in tx.rows(select(birthday_gifts))] == [2026, 2027]
    assert shop.faults() == []


def test_a_tiers_reward_is_a_voucher(shop: House) -> None:
    member = shop.member("gold")
    born(shop, member, 5, 30)
    assert runner.run_by_hand(shop.parts, "birthdays", dry=True)[0].lines == [f"{member} 0 wash"]
    for _ in range(2):
        runner.run_by_hand(shop.parts, "birthdays")
    assert given(shop, member) == [("wash", DAY + timedelta(days=30))]


def test_29_february_is_kept_and_a_day_there_is_not_is_refused(shop: House) -> None:
    member = shop.member()
    born(shop, member, 2, 29)
    with pytest.raises(errors.Malformed):
        born(shop, member, 2, 30)
    shop.at(date(2027, 2, 3))
    runner.run_by_hand(shop.parts, "birthdays")
    assert shop.points(member)[0] == 100


def test_days_of_downtime_over_new_year_give_each_year_its_own(shop: House) -> None:
    first, second = shop.member(), shop.member()
    born(shop, first, 12, 31)
    born(shop, second, 1, 1)
    shop.at(date(2026, 11, 30))
    shop.tick("birthdays")
    shop.at(date(2027, 1, 3))
    ran = shop.tick("birthdays")
    assert [one.day for one in ran][-1] == date(2027, 1, 3)
    with shop.books.db.read() as tx:
        assert {row.member: row.year for row in tx.rows(select(birthday_gifts))} == {first: 2026, second: 2027}


def test_a_gift_pays_what_is_owed_first(shop: House) -> None:
    member = shop.member()
    told = shop.bill(member, 5_000)
    shop.book(told)
    shop.spend(member, 30)
    shop.give_back(shop.refund(told))
    assert shop.points(member) == (0, 0, 30)
    born(shop, member, 5, 20)
    runner.run_by_hand(shop.parts, "birthdays")
    assert shop.points(member) == (70, 0, 0)


def referred(house: House) -> tuple[str, str]:
    """A member who recommended another."""
    referrer, friend = house.member(), house.member()
    with house.books.db.write() as tx:
        code = referrals.code_of(tx, referrer, lambda: "CODE" + referrer[-6:])
        assert referrals.code_of(tx, referrer, lambda: "OTHER") == code
        assert referrals.join(tx, friend, code, house.now) == referrer
    return referrer, friend


def test_a_referral_pays_after_its_delay_for_the_first_visit_and_the_car(shop: House) -> None:
    referrer, friend = referred(shop)
    shop.tick()
    shop.book(shop.bill(friend, 10_000))
    shop.book(shop.bill(friend, 10_000))
    shop.book(shop.bill(friend, CAR))
    shop.at(DAY + timedelta(days=14))
    assert [ran.counts for ran in shop.tick("referrals")] == [{"steps": 0}]
    shop.at(DAY + timedelta(days=40))  # days late
    assert [ran.counts for ran in shop.tick("referrals")] == [{"paid": 1100, "taken_back": 0}]
    assert runner.run_by_hand(shop.parts, "referrals")[0].counts == {"steps": 0}
    assert shop.points(referrer) == (1100, 0, 0)
    assert shop.lots(referrer) == [("2027-06-30", 100), ("2027-06-30", 1000)]  # they live from the occasion on
    assert shop.faults() == []


def test_a_car_that_goes_back_is_not_paid_or_taken_back(shop: House) -> None:
    referrer, friend = referred(shop)
    early, late = shop.bill(friend, CAR), shop.bill(friend, CAR)
    shop.book(early)
    shop.book(late)
    shop.give_back(shop.refund(early))
    shop.at(DAY + timedelta(days=15))
    runner.run_by_hand(shop.parts, "referrals")
    assert shop.points(referrer)[0] == 1100  # the first visit, and the car that stayed
    shop.spend(referrer, 600)
    shop.give_back(shop.refund(late, at=shop.now))
    assert sorted(runner.run_by_hand(shop.parts, "referrals", dry=True)[0].lines) == [
        f"{referrer} take-back -100 for first-visit",
        f"{referrer} take-back -1000 for vehicle",
    ]
    for _ in range(2):
        runner.run_by_hand(shop.parts, "referrals")
    assert shop.points(referrer) == (0, 0, 600)
    with shop.books.db.read() as tx:
        assert [row.paid for row in referrals.kept_of(tx, referrer)] == [0, 0]
    assert shop.faults() == []


def test_new_rules_take_no_referral_back(shop: House) -> None:
    referrer, friend = referred(shop)
    told = shop.bill(friend, CAR, BillLine(line="2", category="maintenance", paid_fen=10_000))
    shop.book(told)
    shop.at(DAY + timedelta(days=20))
    runner.run_by_hand(shop.parts, "referrals")
    assert shop.points(referrer)[0] == 1100
    left = tuple(one for one in club.EARN.categories if one.slug not in ("maintenance", "vehicle"))
    shop.put(club.changed(shop.rules, earn=club.changed(club.EARN, categories=left, multipliers=())), shop.now)
    shop.at(DAY + timedelta(days=21))
    assert runner.run_by_hand(shop.parts, "referrals")[0].counts == {"steps": 0}
    assert shop.points(referrer)[0] == 1100


def test_tier_points_of_a_referral_and_their_tier_go_back_with_it(shop: House) -> None:
    lifting = tuple(
        club.changed(one, tier_points=True) if one.slug == "referral" else one for one in club.EARN.categories
    )
    rules = club.changed(
        shop.rules,
        earn=club.changed(club.EARN, categories=lifting),
        referral=club.changed(club.REFERRAL, first_visit_points=5000),
    )
    shop.put(rules, shop.now - timedelta(days=1))
    referrer, friend = referred(shop)
    told = shop.bill(friend, 10_000)
    shop.book(told)
    shop.at(DAY + timedelta(days=20))
    runner.run_by_hand(shop.parts, "referrals")
    assert (shop.points(referrer), shop.row(referrer).tier) == ((5000, 5000, 0), "silver")
    shop.give_back(shop.refund(told, at=shop.now))
    runner.run_by_hand(shop.parts, "referrals")
    assert (shop.points(referrer), shop.row(referrer).tier) == ((0, 0, 0), "classic")
    assert shop.faults() == []


def test_no_more_than_the_cap_of_a_year_is_paid(shop: House) -> None:
    referrer = shop.member()
    with shop.books.db.write() as tx:
        code = referrals.code_of(tx, referrer, lambda: "CODE")
    for _ in range(4):
        friend = shop.member()
        with shop.books.db.write() as tx:
            referrals.join(tx, friend, code, shop.now)
        shop.book(shop.bill(friend, 10_000))
    shop.at(DAY + timedelta(days=30))
    runner.run_by_hand(shop.parts, "referrals")
    assert shop.points(referrer)[0] == 200


def test_a_code_is_somebody_elses_and_the_first_one_counts(shop: House) -> None:
    referrer, friend = referred(shop)
    other, _ = referred(shop)
    with shop.books.db.write() as tx:
        codes = {one: referrals.code_of(tx, one, lambda: "X") for one in (referrer, other)}
        assert referrals.join(tx, friend, codes[referrer], shop.now) == referrer
        with pytest.raises(errors.LimitReached):
            referrals.join(tx, friend, codes[other], shop.now)
        with pytest.raises(errors.LimitReached):
            referrals.join(tx, referrer, codes[referrer], shop.now)
        with pytest.raises(errors.NotFound):
            referrals.join(tx, friend, "NOBODY", shop.now)


def desk(house: House) -> Desk:
    parts = house.parts
    return Desk(parts.keyring, parts.new_id, lambda: voucher.make(parts.random_below), house.now)


def test_the_months_spenders_are_proposed_and_paid_only_when_staff_approve(shop: House) -> None:
    spent = {shop.member(): fen for fen in (500_000, 300_000, 300_000, 100_000, 900_000)}
    first, second, third, last, gone = spent
    told = {
        member: shop.bill(member, fen, at=shop.now + timedelta(minutes=place))
        for place, (member, fen) in enumerate(spent.items())
    }
    shop.now += timedelta(hours=1)
    for bill in reversed(told.values()):
        shop.book(bill)
    shop.book(shop.bill(last, BillLine(line="1", category="repair", paid_fen=9_000_000, payer="insurer")))
    with shop.books.db.write() as tx:
        tx.execute(update(members).where(members.c.id == gone).values(status="closed"))
    shop.tick()
    shop.at(date(2026, 6, 2))  # a day late
    (ran,) = shop.tick("rankings")
    assert (ran.day, ran.counts) == (date(2026, 6, 1), {"places": 3})
    assert shop.tick("rankings") == []
    assert runner.run_by_hand(shop.parts, "rankings")[0].counts == {"places": 0}
    with shop.books.db.read() as tx:
        rows = rankings.of_period(tx, "month-top-3", date(2026, 5, 1))
        tasks = [task.kind for task in inbox.open_tasks(tx, "east")]
    assert [(row.member, row.spent_fen, row.reward, row.state) for row in rows] == [
        (first, 500_000, "cash-100", "proposed"),
        (second, 300_000, "cash-50", "proposed"),
        (third, 300_000, "cash-50", "proposed"),
    ]
    assert tasks.count("ranking") == 3
    assert given(shop, first) == []

    def decide(tx: Tx, place: int, *, yes: bool = True) -> bool:
        act = rankings.approve if yes else rankings.refuse
        return act(tx, desk(shop), "month-top-3", date(2026, 5, 1), place, by="zhou")

    assert [shop.books.db.run(lambda tx: decide(tx, 1)) for _ in range(2)] == [True, False]
    assert given(shop, first) == [("cash-100", date(2026, 7, 2))]
    assert shop.books.db.run(lambda tx: decide(tx, 2, yes=False))
    with pytest.raises(errors.EditConflict):
        shop.books.db.run(lambda tx: decide(tx, 2))
    with pytest.raises(errors.NotFound):
        shop.books.db.run(lambda tx: decide(tx, 4))
    assert given(shop, second) == []


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2026, 5, 31, 15, 59, 59, tzinfo=UTC), date(2026, 5, 1)),
        (datetime(2026, 5, 31, 16, 0, 0, tzinfo=UTC), date(2026, 6, 1)),
        (datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2028, 2, 29, 15, 59, 59, tzinfo=UTC), date(2028, 2, 1)),
    ],
)
def test_a_month_is_the_clubs_own_from_midnight_to_midnight(shop: House, at: datetime, month: date) -> None:
    member = shop.member()
    shop.now = at
    shop.book(shop.bill(member, 10_000))
    shop.at(month + timedelta(days=35), 7)
    shop.at(shop.today.replace(day=1), 7)
    runner.run_by_hand(shop.parts, "rankings")
    with shop.books.db.read() as tx:
        assert [row.member for row in rankings.of_period(tx, "month-top-3", month)] == [member]


def test_quarters_and_missed_months_are_each_proposed_once(shop: House) -> None:
    member = shop.member()
    shop.tick()
    for month in (5, 6, 7):
        shop.at(date(2026, month, 20))
        shop.book(shop.bill(member, 100_000 * month))
    shop.at(date(2026, 8, 3))
    assert [(ran.day.month, ran.counts) for ran in shop.tick("rankings")] == [
        (6, {"places": 1}),
        (7, {"places": 2}),
        (8, {"places": 1}),
    ]
    with shop.books.db.read() as tx:
        (quarter,) = rankings.of_period(tx, "quarter-top", date(2026, 4, 1))
    assert (quarter.spent_fen, quarter.last_day) == (1_100_000, date(2026, 6, 30))
    assert club.COUNTING.rankings[1].slug == "quarter-top"
