"""Renewal by fee, points or insurance; a year is a year also over 29 February (A6)."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_api.programme import renewal
from central_api.programme.renewal import Offer, RenewalRules
from club.model import errors
from club.model.clock import HandClock

ZONE = "Asia/Shanghai"
RULES = RenewalRules(
    fee_fen=19_900, points=500, insurance_at_least_fen=300_000, lapsed_grace_days=30, remind_days=(45, 15, 3)
)


def on(day: str) -> HandClock:
    return HandClock(datetime.fromisoformat(f"{day}T12:00:00+08:00"))


def renew(offer: Offer, valid_to: str = "2026-06-09", today: str = "2026-05-16") -> renewal.Renewal:
    return renewal.renew(RULES, "m1", date.fromisoformat(valid_to), offer, on(today), ZONE)


@pytest.mark.parametrize(
    ("offer", "points"),
    [
        (Offer("fee", "b1", 19_900), 0),
        (Offer("points", "b1"), 500),
        (Offer("insurance", "b1", 300_000, "insurance"), 0),
    ],
)
def test_each_way_gives_a_year_behind_the_last_day(offer: Offer, points: int) -> None:
    found = renew(offer)
    assert (found.starts, found.valid_to, found.points) == (date(2026, 6, 10), date(2027, 6, 9), points)


@pytest.mark.parametrize(
    "offer",
    [Offer("fee", "b1", 19_899), Offer("insurance", "b1", 299_999, "insurance"), Offer("insurance", "b1", 900_000, "service"), Offer("insurance", "b1", 900_000)],
)  # fmt: skip
def test_too_little_or_another_bill_renews_nothing(offer: Offer) -> None:
    with pytest.raises(errors.RewardNotOffered, match="at least"):
        renew(offer)


def test_a_way_that_is_off_is_refused() -> None:
    with pytest.raises(errors.RewardNotOffered, match="switched on"):
        renewal.renew(
            RenewalRules(points=500), "m1", date(2026, 6, 9), Offer("fee", "b1", 10**6), on("2026-05-16"), ZONE
        )


def test_within_the_grace_it_goes_on_without_a_gap_and_after_it_no_more() -> None:
    last = renew(Offer("points", "b1"), "2026-04-16", "2026-05-16")
    assert last.starts == date(2026, 4, 17)
    with pytest.raises(errors.CardNotActive) as refused:
        renew(Offer("points", "b1"), "2026-04-15", "2026-05-16")
    assert (refused.value.text("since"), refused.value.number("grace_days")) == ("2026-04-15", 30)


@pytest.mark.parametrize(("hour", "lapsed"), [(15, False), (16, True)])
def test_the_last_day_of_grace_is_the_stores(hour: int, lapsed: bool) -> None:
    clock = HandClock(datetime(2026, 5, 16, hour, 0, tzinfo=UTC))
    if lapsed:
        with pytest.raises(errors.CardNotActive):
            renewal.renew(RULES, "m1", date(2026, 4, 16), Offer("points", "b1"), clock, ZONE)
    else:
        assert renewal.renew(RULES, "m1", date(2026, 4, 16), Offer("points", "b1"), clock, ZONE).points == 500


def test_a_membership_that_runs_over_a_year_is_not_renewed_once_more() -> None:
    assert renew(Offer("points", "b1"), "2027-05-17").starts == date(2027, 5, 18)
    with pytest.raises(errors.LimitReached, match="renew later"):
        renew(Offer("points", "b1"), "2027-05-18")


@given(
    offer=st.sampled_from(
        [Offer("fee", "b1", 19_900), Offer("points", "b1"), Offer("insurance", "b1", 300_000, "insurance")]
    ),
    left=st.integers(-30, 366),
    days=st.integers(0, 400),
    ahead=st.integers(0, 800),
)
def test_a_retry_after_the_first_was_stored_is_refused_or_the_same_renewal(
    offer: Offer, left: int, days: int, ahead: int
) -> None:
    rules = msgspec.structs.replace(RULES, ahead_days=max(ahead, left))
    today = date(2026, 5, 16)
    first = renewal.renew(rules, "m1", today + timedelta(days=left), offer, on(today.isoformat()), ZONE)
    try:
        again = renewal.renew(rules, "m1", first.valid_to, offer, on((today + timedelta(days=days)).isoformat()), ZONE)
    except errors.Refusal:
        return
    assert again.key == first.key


def test_another_bill_or_another_member_is_another_renewal() -> None:
    first, second = renew(Offer("points", "b1")), renew(Offer("points", "b2"))
    other = renewal.renew(RULES, "m2", date(2026, 6, 9), Offer("points", "b1"), on("2026-05-16"), ZONE)
    assert len({first.key, second.key, other.key}) == 3


@pytest.mark.parametrize("reference", ["", " "])
def test_an_offer_without_a_number_of_its_own_is_refused(reference: str) -> None:
    with pytest.raises(ValueError, match="number of the bill or command"):
        Offer("points", reference)


@pytest.mark.parametrize(
    ("joined", "last"), [("2028-02-29", "2029-02-28"), ("2027-03-01", "2028-02-29"), ("2026-12-31", "2027-12-30")]
)
def test_the_first_year(joined: str, last: str) -> None:
    assert renewal.first_last_day(RULES, date.fromisoformat(joined)) == date.fromisoformat(last)


@given(joined=st.dates(date(2020, 1, 1), date(2060, 1, 1)), years=st.integers(1, 12))
def test_renewed_year_by_year_a_membership_has_as_many_days_as_the_calendar(joined: date, years: int) -> None:
    valid_to = renewal.first_last_day(RULES, joined)
    for _ in range(years - 1):
        clock = HandClock(datetime.combine(valid_to, datetime.min.time(), UTC))
        valid_to = renewal.renew(RULES, "m1", valid_to, Offer("points", "b1"), clock, ZONE).valid_to
    end = valid_to + timedelta(days=1)
    assert end.year - joined.year == years
    assert (end.month, end.day) == ((3, 1) if (joined.month, joined.day) == (2, 29) else (joined.month, joined.day))


@pytest.mark.parametrize(
    ("today", "days"), [("2026-04-24", None), ("2026-04-25", 45), ("2026-05-16", 45), ("2026-05-25", 15), ("2026-06-07", 3), ("2026-06-09", 3), ("2026-06-10", None)]
)  # fmt: skip
def test_the_reminder_that_is_due(today: str, days: int | None) -> None:
    found = renewal.reminder(RULES, "m1", date(2026, 6, 9), on(today), ZONE)
    assert (found.days if found else None) == days
