"""The birthday gift once a year; referrals with delay, cap and reversal (A8)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_api.programme import birthday, referral
from central_api.programme.birthday import Birthday, BirthdayRules, Gift
from central_api.programme.referral import Referral, ReferralRules
from club.model.clock import HandClock

ZONE = "Asia/Shanghai"
MONTH = BirthdayRules(
    gifts=(Gift(tier="classic", points=100), Gift(tier="gold", reward="detail-wash"), Gift(tier="none"))
)
DAY = BirthdayRules(gifts=MONTH.gifts, claim="day")
LEAP = Birthday(2, 29)
PAYS = ReferralRules(first_visit_points=100, vehicle_points=1000, cap_per_year=2, delay_days=15)
START = datetime(2026, 5, 16, 4, 0, tzinfo=UTC)


def gift(rules: BirthdayRules, at: str, born: Birthday = LEAP, tier: str = "classic", given_in: tuple[int, ...] = ()) -> birthday.BirthdayGift | None:  # fmt: skip
    return birthday.due(rules, "m1", born, tier, given_in, HandClock(datetime.fromisoformat(at)), ZONE)


@pytest.mark.parametrize(
    ("rules", "at", "open_now"),
    [
        (MONTH, "2026-01-31T23:59:59+08:00", False),
        (MONTH, "2026-02-01T00:00:00+08:00", True),
        (MONTH, "2026-02-28T23:59:59+08:00", True),
        (MONTH, "2026-03-01T00:00:00+08:00", False),
        (DAY, "2026-02-28T12:00:00+08:00", True),
        (DAY, "2028-02-28T12:00:00+08:00", False),
        (DAY, "2028-02-29T12:00:00+08:00", True),
        (DAY, "2026-02-27T16:00:00+00:00", True),
    ],
)
def test_when_the_gift_can_be_claimed(rules: BirthdayRules, at: str, open_now: bool) -> None:
    assert (gift(rules, at) is not None) == open_now


def test_once_a_year_whatever_the_birthday_is_changed_to() -> None:
    first = gift(MONTH, "2026-02-10T12:00:00+08:00")
    assert first is not None
    assert (first.points, first.key) == (100, "birthday:m1:2026")
    assert gift(MONTH, "2026-05-10T12:00:00+08:00", Birthday(5, 1), given_in=(2026,)) is None
    assert gift(MONTH, "2027-02-10T12:00:00+08:00", given_in=(2026,)) is not None


def test_the_gift_is_the_tiers() -> None:
    at = "2026-02-10T12:00:00+08:00"
    gold = gift(MONTH, at, tier="gold")
    assert gold is not None
    assert (gold.points, gold.reward) == (0, "detail-wash")
    assert gift(MONTH, at, tier="none") is gift(MONTH, at, tier="unheard-of") is None


def friend(number: int, days: int = 0, occasion: referral.Occasion = "vehicle") -> Referral:
    return Referral(f"r{number}", "m1", f"f{number}", occasion, START + timedelta(days=days))


def outcomes(found: list[Referral], days: int, paid: dict[str, int] | None = None) -> list[tuple[str, int]]:
    clock = HandClock(START + timedelta(days=days))
    return [(one.outcome, one.points) for one in referral.settle(PAYS, found, paid or {}, clock, ZONE)]


def test_a_referral_waits_is_paid_and_is_done() -> None:
    one = friend(1)
    assert outcomes([one], 14) == [("wait", 0)]
    assert outcomes([one], 15) == [("pay", 1000)]
    assert outcomes([one], 16, {"r1": 1000}) == [("done", 0)]
    assert outcomes([friend(1, occasion="first-visit")], 400) == [("pay", 100)], "catches up after days of downtime"


def test_the_cap_is_of_the_year_of_the_occasion() -> None:
    many = [friend(1), friend(2, 1), friend(3, 2), friend(4, 300)]
    assert outcomes(many, 400) == [("pay", 1000), ("pay", 1000), ("over-cap", 0), ("pay", 1000)]


def test_what_is_reversed_before_the_pay_out_makes_room_and_after_it_is_taken_back_once() -> None:
    returned = replace(friend(1), reversed_at=START + timedelta(days=10))
    many = [returned, friend(2, 1), friend(3, 2)]
    assert outcomes(many, 20) == [("void", 0), ("pay", 1000), ("pay", 1000)]
    late = replace(returned, reversed_at=START + timedelta(days=30))
    assert outcomes([late], 20) == [("pay", 1000)]
    assert outcomes([late], 30, {"r1": 1000}) == [("take-back", -1000)]
    assert outcomes([late], 31, {"r1": 0}) == [("void", 0)]


def test_what_was_paid_under_older_rules_is_what_is_taken_back() -> None:
    late = replace(friend(1), reversed_at=START + timedelta(days=30))
    assert outcomes([late], 30, {"r1": 800}) == [("take-back", -800)]


def test_nobody_recommends_himself_nor_for_another() -> None:
    for bad in ([replace(friend(1), friend="m1")], [friend(1), replace(friend(2), referrer="m2")]):
        with pytest.raises(ValueError, match="one referrer"):
            outcomes(bad, 0)


@given(
    days=st.lists(st.integers(0, 700), max_size=8, unique=True),
    reversals=st.lists(st.none() | st.integers(0, 800), min_size=8, max_size=8),
    jobs=st.lists(st.integers(0, 900), min_size=1, max_size=6),
)
def test_however_the_job_runs_it_ends_the_same_and_never_beyond_the_cap(
    days: list[int], reversals: list[int | None], jobs: list[int]
) -> None:
    many = [
        replace(friend(n, day), reversed_at=None if back is None else START + timedelta(days=day + back))
        for n, (day, back) in enumerate(zip(days, reversals, strict=False))
    ]
    paid: dict[str, int] = {}
    for day in [*sorted(jobs), 2000, 2000]:
        clock = HandClock(START + timedelta(days=day))
        known = [one for one in many if one.at <= clock.now()]
        for step in referral.settle(PAYS, known, paid, clock, ZONE):
            if step.points:
                paid[step.referral.id] = paid.get(step.referral.id, 0) + step.points
    final = HandClock(START + timedelta(days=2000))
    assert not any(step.points for step in referral.settle(PAYS, many, paid, final, ZONE))
    assert all(points in (0, 1000) for points in paid.values())
    by_year: dict[int, int] = {}
    for one in many:
        if paid.get(one.id):
            assert one.reversed_at is None
            by_year[one.at.year] = by_year.get(one.at.year, 0) + 1
    assert all(count <= PAYS.cap_per_year for count in by_year.values())
