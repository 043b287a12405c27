"""What a bill earns: examples of each rule and of their order (A2)."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from central_api.programme import earning
from central_api.programme.earn_rules import Acceleration, Category, EarnRules, Exclusion, Multiplier, SteppedBonus
from central_api.programme.earning import Bill, Line
from central_api.programme.versions import Version, Versions
from club.model import errors
from club.model.text import Text
from tests.central_api.programme.makers import bill, category, paid

DOCS = Path(__file__).parents[3] / "docs" / "programme.md"
DOUBLE = Multiplier(
    slug="member-day", name=Text("会员日"), percent=200, categories=("maintenance",), days_of_month=(8,)
)
RAIN = Multiplier(slug="rain", name=Text("雨季"), percent=150)
STEPS = SteppedBonus(
    slug="steps",
    name=Text("满千送百"),
    categories=("accessories", "maintenance"),
    each_full_fen=100_000,
    points=100,
    cap_points=500,
)
RULES = EarnRules(
    categories=(
        category("maintenance"),
        category("accessories", months=6),
        category("vehicle", per_fen=10_000, months=24),
        Category(slug="signin", group="event", by="event", fixed_points=5, tier_points=False, validity_months=3),
    ),
    exclusions=(
        Exclusion(slug="insurer", reason=Text("保险公司付费，不计积分"), payers=("insurer",)),
        Exclusion(slug="gift-cards", reason=Text("礼品卡不计积分"), goods=("gift-card",)),
    ),
    acceleration=(Acceleration(tier="diamond", percent=120),),
    multipliers=(DOUBLE, RAIN),
    stepped=(STEPS,),
    round_expiry_to="quarter-end",
)
EIGHTH = datetime(2026, 6, 8, 2, 0, tzinfo=UTC)
PLAIN = msgspec.structs.replace(RULES, multipliers=(), stepped=())


def test_the_worked_example_of_the_page_is_what_the_rules_give() -> None:
    found = earning.earn(
        RULES,
        bill(
            paid(123_456, line="1"),
            paid(150_099, "accessories", line="2"),
            Line("3", "maintenance", 80_000, payer="insurer"),
            at=EIGHTH,
            tier="diamond",
        ),
    )
    told = [(one.line, one.step, one.rule, one.points, one.tier_points) for one in found.effects]
    assert told == [
        ("1", "base", "maintenance", 1234, 1234),
        ("1", "tier-acceleration", "diamond", 247, 0),
        ("1", "multiplier", "member-day", 1481, 0),
        ("2", "base", "accessories", 1500, 1500),
        ("2", "tier-acceleration", "diamond", 301, 0),
        ("2", "multiplier", "rain", 900, 0),
        ("3", "exclusion", "insurer", 0, 0),
        ("", "stepped-bonus", "steps", 200, 0),
    ]
    assert (found.points, found.tier_points) == (5863, 2734)
    assert [(lot.line, lot.points, lot.expires.isoformat()) for lot in found.lots] == [
        ("1", 2962, "2027-06-30"),
        ("2", 2701, "2026-12-31"),
        ("", 200, "2026-12-31"),
    ]
    assert page_rows() == [
        ("Servicing", ["1,234", "+247", "+1,481 (double)", "2,962", "1,234", "30 June 2027"]),
        ("Accessories", ["1,500", "+301", "+900 (1.5 times)", "2,701", "1,500", "31 December 2026"]),
        ("Repair the insurer pays", ["excluded", "", "", "0", "0", ""]),
        ("Bonus: ¥2,735.55 has two full thousands", ["", "", "", "200", "–", "31 December 2026"]),
        ("**Sum**", ["", "", "", "**5,863**", "**2,734**", ""]),
    ]


def page_rows() -> list[tuple[str, list[str]]]:
    """The table of the worked example in docs/programme.md: the line's name, and the cells after what was paid."""
    text = DOCS.read_text("utf-8").split("### One bill, worked out")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in text.splitlines() if row.startswith("|")]
    return [(row[0], row[2:]) for row in rows[2:]]


def test_the_best_multiplier_alone_counts() -> None:
    found = earning.earn(msgspec.structs.replace(RULES, stepped=()), bill(paid(10_000), at=EIGHTH))
    assert found.points == 200
    assert [one.rule for one in found.effects if one.step == "multiplier"] == ["member-day"]


def test_of_equal_multipliers_the_first_by_name_is_told_whatever_the_files_order() -> None:
    twins = tuple(Multiplier(slug=slug, name=Text(slug), percent=150) for slug in ("b", "a"))
    for order in (twins, twins[::-1]):
        found = earning.earn(msgspec.structs.replace(PLAIN, multipliers=order), bill(paid(100)))
        assert [one.rule for one in found.effects] == ["maintenance", "a"]


def test_a_multiplier_for_some_tiers_leaves_the_others() -> None:
    rules = msgspec.structs.replace(PLAIN, multipliers=(msgspec.structs.replace(RAIN, tiers=("gold", "silver")),))
    found = [
        earning.earn(rules, bill(paid(100_000), tier=tier)).points for tier in ("classic", "silver", "gold", "diamond")
    ]
    assert found == [1000, 1500, 1500, 1200]


def test_an_excluded_line_says_every_reason_and_counts_for_no_bonus() -> None:
    line = Line("1", "accessories", 300_000, goods=("gift-card",), payer="insurer")
    found = earning.earn(RULES, bill(line))
    assert (found.points, found.tier_points, found.lots) == (0, 0, ())
    assert [(one.rule, one.said.zh) for one in found.effects] == [
        ("gift-cards", "礼品卡不计积分"),
        ("insurer", "保险公司付费，不计积分"),
    ]


@pytest.mark.parametrize(
    ("fen", "bonus"), [(99_999, 0), (100_000, 100), (199_999, 100), (500_000, 500), (1_000_000, 500)]
)
def test_each_full_thousand_gives_a_hundred_up_to_the_cap(fen: int, bonus: int) -> None:
    found = earning.earn(msgspec.structs.replace(RULES, multipliers=()), bill(paid(fen)))
    assert found.points == fen // 100 + bonus
    assert found.tier_points == fen // 100


def test_a_bonus_is_of_the_bill_not_of_its_lines_and_lives_as_short_as_they_do() -> None:
    found = earning.earn(
        msgspec.structs.replace(RULES, multipliers=()),
        bill(paid(50_000, line="1"), paid(50_000, "accessories", line="2")),
    )
    assert [(lot.line, lot.category, lot.points) for lot in found.lots][-1] == ("", "accessories", 100)
    assert found.lots[-1].expires == found.lots[1].expires == date(2026, 12, 31)


@pytest.mark.parametrize(("fen", "points"), [(0, 0), (99, 0), (100, 1), (199, 1), (10**12, 10**10)])
def test_points_are_rounded_down(fen: int, points: int) -> None:
    assert earning.earn(PLAIN, bill(paid(fen))).points == points


def test_a_car_gives_one_per_cent_in_both_tracks() -> None:
    found = earning.earn(PLAIN, bill(paid(25_889_900, "vehicle")))
    assert (found.points, found.tier_points) == (2588, 2588)


def test_an_event_pays_what_it_sets_or_what_its_category_does_and_no_tier_points() -> None:
    fixed, set_by_it = (earning.earn(PLAIN, bill(Line("1", "signin", points=points))) for points in (0, 40))
    assert (fixed.points, fixed.tier_points, set_by_it.points) == (5, 0, 40)


@pytest.mark.parametrize(
    ("zone", "at", "doubled"),
    [
        ("Asia/Shanghai", "2026-06-07T15:59:59+00:00", False),
        ("Asia/Shanghai", "2026-06-07T16:00:00+00:00", True),
        ("Asia/Shanghai", "2026-06-08T15:59:59+00:00", True),
        ("Asia/Shanghai", "2026-06-08T16:00:00+00:00", False),
        ("America/New_York", "2026-03-08T04:59:59+00:00", False),  # 8 March 2026 has 23 hours there
        ("America/New_York", "2026-03-08T05:00:00+00:00", True),
        ("America/New_York", "2026-03-09T03:59:59+00:00", True),
        ("America/New_York", "2026-03-09T04:00:00+00:00", False),
    ],
)
def test_a_multiplier_day_is_the_stores_day(zone: str, at: str, doubled: bool) -> None:
    rules = msgspec.structs.replace(RULES, multipliers=(DOUBLE,), stepped=())
    found = earning.earn(rules, Bill("b1", datetime.fromisoformat(at), zone, "classic", (paid(10_000),)))
    assert found.points == (200 if doubled else 100)


def test_the_hour_that_comes_twice_belongs_to_one_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    week = Multiplier(
        slug="week", name=Text("周"), percent=200, starts=date(2026, 10, 25), ends=date(2026, 10, 25), weekdays=(7,)
    )
    rules = msgspec.structs.replace(RULES, multipliers=(week,), stepped=())
    found = [
        earning.earn(
            rules,
            Bill("b1", datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=berlin), "Europe/Berlin", "", (paid(100),)),
        )
        for fold in (0, 1)
    ]
    assert [one.points for one in found] == [2, 2]


def test_a_leap_day_and_the_thirty_first_are_days_like_others() -> None:
    last = Multiplier(slug="last", name=Text("末"), percent=200, days_of_month=(29, 31))
    rules = msgspec.structs.replace(RULES, multipliers=(last,), stepped=())
    days = [("2028-02-29", 2), ("2027-02-28", 1), ("2026-12-31", 2), ("2027-01-01", 1)]
    for day, points in days:
        at = datetime.fromisoformat(f"{day}T12:00:00+08:00")
        assert earning.earn(rules, bill(paid(100), at=at)).points == points, day


def test_an_unknown_category_is_named_with_what_to_do() -> None:
    with pytest.raises(errors.Malformed, match=r"found category 'tyres'; add the category .* or map"):
        earning.earn(RULES, bill(paid(100, "tyres")))


def test_points_on_an_amount_and_an_amount_on_an_event_are_refused() -> None:
    with pytest.raises(errors.Malformed, match="earns by the amount"):
        earning.earn(RULES, bill(Line("1", "maintenance", 100, 5)))
    with pytest.raises(errors.Malformed, match="earns by event"):
        earning.earn(RULES, bill(Line("1", "signin", 100)))


@pytest.mark.parametrize("amount", [-1, 1.0, 0.5, True, "100", 2**63, None])
def test_an_amount_is_a_whole_number_from_nothing_on(amount: Any) -> None:
    with pytest.raises(ValueError, match="expected a whole number"):
        Line("1", "maintenance", amount)
    with pytest.raises(ValueError, match="expected a whole number"):
        Line("1", "signin", 0, amount)


def test_a_bill_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="with the zone of its time"):
        bill(paid(1), at=datetime.fromisoformat("2026-05-16T12:00:00"))


@pytest.mark.parametrize("numbers", [("1", "1"), ("",)])
def test_lines_that_cannot_be_told_apart_are_refused(numbers: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="a number of its own"):
        bill(*(paid(1, line=number) for number in numbers))


def test_a_late_bill_is_judged_by_the_rules_of_its_own_hour() -> None:
    change = datetime(2026, 6, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    better = msgspec.structs.replace(PLAIN, categories=(category("maintenance", points_per=3),))
    versions = Versions([Version(change, better), Version(datetime(2026, 1, 1, tzinfo=UTC), PLAIN)])
    found = [
        earning.earn_by_date(versions, bill(paid(10_000), at=change + timedelta(seconds=seconds))).points
        for seconds in (-1, 0)
    ]
    assert found == [100, 300]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"categories": [{"slug": "a", "group": "g", "points_per": 1}]}, "at least 1 month"),
        ({"categories": [{"slug": "a", "group": "g"}] * 2}, "each category once"),
        ({"categories": [], "acceleration": [{"tier": "gold", "percent": 90}]}, ">= 100"),
        ({"categories": [], "exclusions": [{"slug": "x", "reason": {"zh": ""}}]}, "exclude all"),
        (
            {"categories": [], "multipliers": [{"slug": "m", "name": {"zh": ""}, "percent": 200, "categories": ["b"]}]},
            r"in m\.categories, found 'b'",
        ),
        (
            {
                "categories": [{"slug": "a", "group": "g"}, {"slug": "b", "group": "g", "validity_months": 1}],
                "stepped": [
                    {"slug": "s", "name": {"zh": ""}, "categories": ["b", "a"], "each_full_fen": 100, "points": 1}
                ],
            },
            "in category a, found 0; bonus s",
        ),
        ({"categories": [{"slug": "a", "group": "g", "points_per": 1.5, "validity_months": 1}]}, "Expected `int`"),
        ({"categories": [{"slug": "a", "group": "g", "per_fen": 0}]}, ">= 1"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused_when_they_are_read(raw: dict[str, Any], message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(raw, EarnRules)


def test_rules_survive_being_kept() -> None:
    assert msgspec.json.decode(msgspec.json.encode(RULES), type=EarnRules) == RULES
