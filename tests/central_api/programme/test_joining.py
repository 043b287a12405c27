"""What joining brings goes by the month of joining, and must be used within one (A6, A8)."""

from datetime import date

import msgspec
import pytest

from central_api.programme.joining import JoiningOffer, JoiningRules, welcome

JUNE = JoiningOffer(month="2026-06", rewards=("wash",), entitlements={"inspection": 1})
CARS = JoiningOffer(
    month="2026-06", sources=("purchase", "vehicle"), rewards=("mat",), entitlements={"inspection": 2, "tow": 1}
)
JULY = JoiningOffer(month="2026-07", rewards=("film",))
RULES = JoiningRules(offers=(JUNE, CARS, JULY))


@pytest.mark.parametrize(
    ("day", "rewards"),
    [
        (date(2026, 5, 31), None),
        (date(2026, 6, 1), ("wash",)),
        (date(2026, 6, 30), ("wash",)),
        (date(2026, 7, 1), ("film",)),
        (date(2027, 6, 1), None),
    ],
)
def test_the_month_of_joining_decides(day: date, rewards: tuple[str, ...] | None) -> None:
    found = welcome(RULES, "training", day)
    assert (None if found is None else found.rewards) == rewards


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2026, 6, 16), date(2026, 7, 15)),
        (date(2026, 6, 1), date(2026, 6, 30)),
        (date(2026, 7, 31), date(2026, 8, 30)),
    ],
)
def test_it_is_good_for_one_month_from_that_day(day: date, last: date) -> None:
    found = welcome(RULES, "fee", day)
    assert found is not None
    assert (found.first_day, found.last_day) == (day, last)


def test_who_joins_on_the_31st_of_january_has_until_the_end_of_february() -> None:
    rules = JoiningRules(offers=(JoiningOffer(month="2028-01", rewards=("wash",)),))
    found = welcome(rules, "fee", date(2028, 1, 31))
    assert found is not None
    assert found.last_day == date(2028, 2, 29)


def test_offers_for_how_somebody_came_are_added_to_those_for_everybody() -> None:
    found = welcome(RULES, "vehicle", date(2026, 6, 16))
    assert found is not None
    assert (found.rewards, found.entitlements) == (("wash", "mat"), {"inspection": 3, "tow": 1})


@pytest.mark.parametrize(
    "told",
    [
        {"month": "2026-06"},
        {"month": "2026-13", "rewards": ["wash"]},
        {"month": "2026-6", "rewards": ["wash"]},
        {"month": "2026-06\n", "rewards": ["wash"]},
        {"month": "2026-06", "entitlements": {"wash": 0}},
        {"month": "2026-06", "entitlements": {"wash": 1001}},
        {"month": "2026-06", "rewards": ["not a slug"]},
    ],
)
def test_what_is_no_offer_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"offers": [told]}, JoiningRules)
