"""Who goes up, who is warned, who goes down, and why (A5)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_api.programme import paid_upgrade, tiers
from central_api.programme.tier_facts import Facts, Fall, Grant, Payment, Purchase, Vehicle
from central_api.programme.tier_rules import AnyCondition, PointsPaid, TierRules
from club.model import errors
from club.model.clock import HandClock

ZONE = "Asia/Shanghai"
TODAY = date(2026, 5, 16)
LADDER = msgspec.convert(
    {
        "rungs": [
            {"slug": "classic", "rank": 1, "any_of": [{"kind": "join"}]},
            {
                "slug": "silver",
                "rank": 2,
                "any_of": [
                    {"kind": "tier-points", "at_least": 5000},
                    {"kind": "spend", "at_least_fen": 400_000, "within_days": 365, "groups": ["service"]},
                    {"kind": "service-visits", "at_least": 3, "within_days": 365},
                    {"kind": "staff-grant"},
                ],
            },
            {
                "slug": "gold",
                "rank": 3,
                "any_of": [
                    {"kind": "tier-points", "at_least": 12_000},
                    {"kind": "insurance-renewals-in-a-row", "at_least": 2, "each_at_least_fen": 700_000},
                    {"kind": "single-repair", "at_least_fen": 1_500_000},
                    {"kind": "points-paid", "points": 1500, "from": "silver"},
                ],
            },
            {
                "slug": "diamond",
                "rank": 4,
                "any_of": [
                    {"kind": "tier-points", "at_least": 25_000},
                    {"kind": "ownership", "years": 3, "mileage_km": 45_000},
                    {"kind": "vehicles-owned", "at_least": 3, "bought_here": True},
                ],
            },
        ],
        "downgrade": {"after_days": 365, "grace_days": 15, "keep_days": 365, "warn_days": [60, 30, 7]},
    },
    TierRules,
)


def at(day: date, hour: int = 12, zone: str = ZONE) -> datetime:
    return datetime.combine(day, time(hour), ZoneInfo(zone))


def ago(days: int) -> datetime:
    return at(TODAY - timedelta(days=days))


def clock(day: date = TODAY, hour: int = 12) -> HandClock:
    return HandClock(at(day, hour))


def member(tier: str = "classic", **more: Any) -> Facts:
    return replace(Facts("m1", tier, tier_since=ago(900), joined=ago(900)), **more)


def service(days: int, fen: int = 10_000, category: str = "maintenance", bill: str = "") -> Purchase:
    return Purchase(ago(days), bill or f"b{days}", "service", category, fen)


def insurance(days: int, fen: int, vehicle: str = "car") -> Purchase:
    return Purchase(ago(days), f"i{days}", "insurance", "insurance", fen, vehicle)


def tier_of(facts: Facts, today: date = TODAY) -> str:
    return tiers.judge(LADDER, facts, clock(today), ZONE).tier


@pytest.mark.parametrize(
    ("facts", "tier", "kind"),
    [
        (member(tier_points=4999), "classic", ""),
        (member(tier_points=5000), "silver", "tier-points"),
        (member(tier_points=25_000), "diamond", "tier-points"),
        (member(purchases=(service(365, 200_000), service(0, 200_000))), "silver", "spend"),
        (member(purchases=(service(366, 200_000), service(0, 200_000))), "classic", ""),
        (member(purchases=(service(-1, 400_000),)), "classic", ""),
        (member(purchases=(insurance(5, 400_000),)), "classic", ""),
        (member(purchases=(service(1), service(100), service(200))), "silver", "service-visits"),
        (member(purchases=(service(1), service(1, bill="second"), service(200))), "classic", ""),
        (member(purchases=(insurance(370, 700_000), insurance(5, 700_000))), "gold", "insurance-renewals-in-a-row"),
        (member(purchases=(insurance(370, 500_000), insurance(360, 200_000), insurance(5, 700_000))), "gold", "insurance-renewals-in-a-row"),
        (member(purchases=(insurance(305, 700_000), insurance(5, 700_000))), "gold", "insurance-renewals-in-a-row"),
        (member(purchases=(insurance(304, 700_000), insurance(5, 700_000))), "classic", ""),
        (member(purchases=(insurance(405, 700_000), insurance(5, 700_000))), "gold", "insurance-renewals-in-a-row"),
        (member(purchases=(insurance(406, 700_000), insurance(5, 700_000))), "classic", ""),
        (member(purchases=(insurance(800, 700_000), insurance(400, 700_000))), "gold", "insurance-renewals-in-a-row"),
        (member(purchases=(insurance(300, 700_000), insurance(-1, 700_000))), "classic", ""),
        (member(purchases=(insurance(370, 699_999), insurance(5, 700_000))), "classic", ""),
        (member(purchases=(insurance(460, 700_000), insurance(5, 700_000))), "classic", ""),
        (member(purchases=(insurance(770, 700_000), insurance(401, 700_000))), "classic", ""),
        (member(purchases=(insurance(370, 700_000), insurance(5, 700_000, "other car"))), "classic", ""),
        (member(purchases=(service(800, 900_000, "repair", "b"), service(800, 600_000, "bodywork", "b"))), "gold", "single-repair"),
        (member(purchases=(service(800, 900_000, "repair", "b"), service(800, 600_000, "repair", "c"))), "classic", ""),
        (member(purchases=(service(800, 1_500_000, "maintenance"),)), "classic", ""),
        (member("silver", payments=(Payment(ago(1), "gold", "silver", 1500),)), "gold", "points-paid"),
        (member(payments=(Payment(ago(1), "gold", "classic", 1500),)), "classic", ""),
        (member(payments=(Payment(ago(1), "gold", "silver", 1499),)), "classic", ""),
        (member(grants=(Grant(ago(1), "silver", "chen", "服务补救"),)), "silver", "staff-grant"),
        (member(grants=(Grant(ago(1), "silver", "chen", "  "),)), "classic", ""),
        (member(vehicles=(Vehicle("v1", ago(1096), 45_000, False),)), "diamond", "ownership"),
        (member(vehicles=(Vehicle("v1", ago(1095), 45_000, False),)), "classic", ""),
        (member(vehicles=(Vehicle("v1", ago(2000), 44_999, False), Vehicle("v2", ago(9), 90_000, True))), "classic", ""),
        (member(vehicles=tuple(Vehicle(f"v{n}", ago(9), 1, True) for n in range(3))), "diamond", "vehicles-owned"),
        (member(vehicles=tuple(Vehicle(f"v{n}", ago(9), 1, n > 0) for n in range(3))), "classic", ""),
    ],
)  # fmt: skip
def test_any_one_condition_is_enough_and_is_named(facts: Facts, tier: str, kind: str) -> None:
    verdict = tiers.judge(LADDER, facts, clock(), ZONE)
    assert verdict.tier == tier
    assert [one.kind for one in verdict.reasons] == ([kind] if kind else [])
    assert verdict.congratulate == (verdict.move == "up") == bool(kind)


def test_every_condition_that_is_met_is_told() -> None:
    facts = member(tier_points=6000, purchases=(service(1, 400_000),))
    assert [one.kind for one in tiers.judge(LADDER, facts, clock(), ZONE).reasons] == ["spend", "tier-points"]


def test_years_of_ownership_from_a_leap_day_are_full_on_the_twenty_eighth() -> None:
    facts = member(vehicles=(Vehicle("v1", at(date(2024, 2, 29)), 45_000, True),))
    assert [tier_of(facts, date(2027, 2, day)) for day in (27, 28)] == ["classic", "diamond"]


def last_spend(day: date, tier: str = "gold", **more: Any) -> Facts:
    return member(tier, purchases=(Purchase(at(day), "b", "service", "maintenance", 100),), **more)


@pytest.mark.parametrize(
    ("days", "move", "warned"),
    [
        (0, "stay", None), (304, "stay", None), (305, "stay", 60), (334, "stay", 60), (335, "stay", 30),
        (357, "stay", 30), (358, "stay", 7), (365, "stay", 7), (366, "stay", None), (380, "stay", None), (381, "down", None),
    ],
)  # fmt: skip
def test_a_year_without_spending_is_warned_of_and_ends_after_the_grace(
    days: int, move: str, warned: int | None
) -> None:
    verdict = tiers.judge(LADDER, last_spend(TODAY - timedelta(days=days)), clock(), ZONE)
    assert (verdict.move, verdict.tier) == (move, "silver" if move == "down" else "gold")
    assert (verdict.warning.days if verdict.warning else None) == warned
    assert verdict.keep_until == TODAY + timedelta(days=365 - days)


def test_a_warning_is_the_same_all_its_days_and_another_after_a_spend() -> None:
    keys = []
    for days in (305, 306, 320):
        verdict = tiers.judge(LADDER, last_spend(TODAY), clock(TODAY + timedelta(days=days)), ZONE)
        assert verdict.warning is not None
        keys.append(verdict.warning.key)
    later = tiers.judge(LADDER, last_spend(TODAY + timedelta(days=1)), clock(TODAY + timedelta(days=306)), ZONE)
    assert later.warning is not None
    assert len(set(keys)) == 1
    assert later.warning.key not in keys


@pytest.mark.parametrize(("hour", "kept"), [(15, True), (16, False)])
def test_the_day_is_the_stores_day(hour: int, kept: bool) -> None:
    last = date(2026, 5, 16)
    ends = last + timedelta(days=380)
    now = HandClock(datetime.combine(ends, time(hour, 0), UTC))  # 23:00, and 00:00 of the next day in Shanghai
    assert (tiers.judge(LADDER, last_spend(last), now, ZONE).move == "stay") == kept


@pytest.mark.parametrize(("minute", "kept"), [(59, True), (60, False)])
def test_a_year_over_both_changes_of_the_clock_is_a_year_of_days(minute: int, kept: bool) -> None:
    new_york = "America/New_York"
    facts = member("gold", purchases=(Purchase(at(date(2026, 3, 7), 23, new_york), "b", "service", "wash", 1),))
    ends = at(date(2026, 3, 7) + timedelta(days=380), 23, new_york)
    now = HandClock(ends.astimezone(UTC) + timedelta(minutes=minute))
    assert (tiers.judge(LADDER, facts, now, new_york).move == "stay") == kept


def test_spending_on_the_last_day_of_grace_keeps_the_tier() -> None:
    day = TODAY + timedelta(days=380)
    saved = last_spend(TODAY)
    saved = replace(saved, purchases=(*saved.purchases, Purchase(at(day, 20), "b2", "service", "wash", 1)))
    for later in (0, 1, 365):
        assert tiers.judge(LADDER, saved, clock(day + timedelta(days=later), 23), ZONE).move == "stay"


def test_what_others_paid_is_no_spending() -> None:
    facts = last_spend(TODAY - timedelta(days=400))
    facts = replace(facts, purchases=(*facts.purchases, Purchase(ago(3), "x", "excluded", "insurer-paid", 0)))
    assert tiers.judge(LADDER, facts, clock(), ZONE).move == "down"


def test_a_spend_yet_to_come_keeps_nothing() -> None:
    facts = last_spend(TODAY - timedelta(days=400))
    facts = replace(
        facts, purchases=(*facts.purchases, Purchase(at(TODAY + timedelta(days=1)), "x", "service", "wash", 1))
    )
    assert tiers.judge(LADDER, facts, clock(), ZONE).move == "down"


def test_a_new_tier_is_kept_a_year_even_by_who_never_spent() -> None:
    facts = member("gold", tier_since=ago(379), joined=ago(900))
    assert tiers.judge(LADDER, facts, clock(), ZONE).move == "stay"
    assert tiers.judge(LADDER, facts, clock(TODAY + timedelta(days=2)), ZONE).move == "down"


def with_downgrade(**more: Any) -> TierRules:
    assert LADDER.downgrade is not None
    return msgspec.structs.replace(LADDER, downgrade=msgspec.structs.replace(LADDER.downgrade, **more))


@pytest.mark.parametrize(
    ("rules", "held", "tier"),
    [
        (LADDER, "diamond", "gold"),
        (LADDER, "classic", "classic"),
        (with_downgrade(rule="to-lowest"), "diamond", "classic"),
        (with_downgrade(rule="to-lowest", never_below="silver"), "diamond", "silver"),
        (with_downgrade(never_below="silver"), "silver", "silver"),
        (msgspec.structs.replace(LADDER, downgrade=None), "diamond", "diamond"),
    ],
)
def test_how_far_a_member_falls(rules: TierRules, held: str, tier: str) -> None:
    facts = last_spend(TODAY - timedelta(days=500), held)
    verdict = tiers.judge(rules, facts, clock(), ZONE)
    assert verdict.tier == tier
    assert verdict.warning is None


def moved(facts: Facts, day: date = TODAY) -> Facts:
    """The facts once the verdict of that day is carried out."""
    verdict = tiers.judge(LADDER, facts, clock(day), ZONE)
    return replace(facts, tier=verdict.tier, tier_since=at(day), fall=tiers.fall_after(LADDER, facts, verdict, at(day)))


def fall(facts: Facts, day: date) -> Facts:
    assert tiers.judge(LADDER, facts, clock(day), ZONE).move == "down"
    return moved(facts, day)


def test_who_fell_stays_down_until_something_new_carries_up() -> None:
    """Tier points only grow: were they to count as before, the member would be up again the next day."""
    fallen = fall(last_spend(TODAY - timedelta(days=381), tier_points=17_640), TODAY)
    assert fallen.tier == "silver"
    assert [tier_of(fallen, TODAY + timedelta(days=later)) for later in (0, 1, 100, 380)] == ["silver"] * 4
    assert tier_of(fallen, TODAY + timedelta(days=381)) == "classic", "the next rung, after another year"
    near, enough = (replace(fallen, tier_points=17_640 + more) for more in (6_999, 7_000))
    assert (tier_of(near), tier_of(enough)) == ("silver", "gold")


def fallen_twice(tier_points: int) -> Facts:
    """Diamond until today, and silver a year on."""
    once = fall(last_spend(TODAY - timedelta(days=381), "diamond", tier_points=tier_points), TODAY)
    assert once.tier == "gold"
    return fall(once, TODAY + timedelta(days=381))


def test_who_regained_one_rung_is_not_carried_over_the_next_by_what_was_before() -> None:
    day = TODAY + timedelta(days=382)
    twice = fallen_twice(27_000)
    assert twice.fall == Fall(at(day - timedelta(days=1)), "diamond", "silver", 27_000)
    back = moved(replace(twice, tier_points=27_000 + 7_000), day)
    assert (back.tier, back.fall) == ("gold", twice.fall)
    assert [tier_of(back, day + timedelta(days=later)) for later in (0, 1, 100)] == ["gold"] * 3
    near, enough = (replace(back, tier_points=27_000 + more) for more in (19_999, 20_000))
    assert (tier_of(near, day), tier_of(enough, day)) == ("gold", "diamond")
    assert moved(enough, day).fall is None


def test_a_third_fall_keeps_the_first_tier_and_counts_from_the_last() -> None:
    day = TODAY + timedelta(days=382)
    back = moved(replace(fallen_twice(27_000), tier_points=34_000), day)
    again = fall(back, day + timedelta(days=381))
    assert again.fall == Fall(at(day + timedelta(days=381)), "diamond", "silver", 34_000)


def test_who_holds_the_first_tier_again_has_all_points_counted_at_once_and_not_a_day_later() -> None:
    fallen = fall(last_spend(TODAY - timedelta(days=381), "gold", tier_points=24_000), TODAY)
    back = replace(fallen, tier_points=24_000 + 7_000)
    assert tier_of(back) == "diamond", "gold by what is new, and with gold back all 31,000 count"
    assert tiers.judge(LADDER, moved(back), clock(), ZONE).move == "stay"


def test_between_two_falls_lies_a_year_also_where_new_tiers_are_not_kept() -> None:
    rules = with_downgrade(keep_days=0)
    fallen = fall(last_spend(TODAY - timedelta(days=381)), TODAY)
    moves = [tiers.judge(rules, fallen, clock(TODAY + timedelta(days=days)), ZONE).move for days in (1, 380, 381)]
    assert moves == ["stay", "stay", "down"]


def test_who_reached_a_tier_without_its_points_is_given_none_by_a_fall() -> None:
    fallen = fall(last_spend(TODAY - timedelta(days=381), tier_points=2_000), TODAY)
    near, enough = (replace(fallen, tier_points=points) for points in (11_999, 12_000))
    assert (tier_of(near), tier_of(enough)) == ("silver", "gold")


def test_what_was_paid_or_granted_before_a_fall_carries_nobody_up_again() -> None:
    tomorrow = TODAY + timedelta(days=1)

    def paid_and_granted(facts: Facts, day: date) -> Facts:
        payment, grant = Payment(at(day), "gold", "silver", 1500), Grant(at(day), "gold", "chen", "服务补救")
        return replace(facts, payments=(payment,), grants=(grant,))

    long_ago = paid_and_granted(last_spend(TODAY - timedelta(days=381)), TODAY - timedelta(days=900))
    fallen = fall(long_ago, TODAY)
    assert tier_of(fallen, tomorrow) == "silver"
    assert tier_of(paid_and_granted(fallen, tomorrow), tomorrow) == "gold"


def test_what_staff_granted_before_a_fall_is_over_with_it() -> None:
    grant = Grant(at(TODAY - timedelta(days=900)), "silver", "chen", "服务补救")
    fallen = fall(last_spend(TODAY - timedelta(days=381), "silver", grants=(grant,)), TODAY)
    tomorrow = TODAY + timedelta(days=1)
    assert tier_of(fallen, tomorrow) == "classic"
    assert tier_of(replace(fallen, grants=(grant, replace(grant, at=at(tomorrow)))), tomorrow) == "silver"


def test_years_and_mileage_count_again_from_the_first_spend_after_a_fall() -> None:
    car = Vehicle("v1", ago(2000), 60_000, True)
    fallen = fall(last_spend(TODAY - timedelta(days=381), "diamond", vehicles=()), TODAY)
    fallen = replace(fallen, vehicles=(car,))
    tomorrow = TODAY + timedelta(days=1)
    assert tier_of(fallen, tomorrow) == "gold"
    back = replace(fallen, purchases=(*fallen.purchases, Purchase(at(tomorrow), "b2", "service", "wash", 100)))
    assert tier_of(back, tomorrow) == "diamond"


def test_a_dry_run_lists_who_would_move_or_be_warned_and_changes_nothing() -> None:
    people = [
        replace(member(tier_points=5000), member="up"),
        replace(last_spend(TODAY - timedelta(days=381)), member="down"),
        replace(last_spend(TODAY - timedelta(days=360)), member="warned"),
        replace(member(), member="stays"),
    ]
    found = tiers.dry_run(LADDER, people, clock(), ZONE)
    lists = [[one.member for one in part] for part in (found.up, found.down, found.warned)]
    assert (lists, found.staying) == ([["up"], ["down"], ["warned"]], 2)
    assert tiers.dry_run(LADDER, people, clock(), ZONE) == found


@pytest.mark.parametrize(
    ("rungs", "message"),
    [
        ([], "ranks 1, 2, 3"),
        ([("a", 1), ("b", 3)], "ranks 1, 2, 3"),
        ([("a", 1), ("a", 2)], "each tier once"),
    ],
)
def test_a_ladder_with_a_missing_rung_is_refused(rungs: list[tuple[str, int]], message: str) -> None:
    raw = {"rungs": [{"slug": slug, "rank": rank, "any_of": []} for slug, rank in rungs]}
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(raw, TierRules)


def test_a_floor_that_is_no_tier_is_refused() -> None:
    raw = {
        "rungs": [{"slug": "a", "rank": 1, "any_of": [{"kind": "join"}]}],
        "downgrade": {"after_days": 365, "never_below": "b"},
    }
    with pytest.raises(msgspec.ValidationError, match="found 'b'"):
        msgspec.convert(raw, TierRules)


def test_an_unknown_kind_of_condition_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="Invalid value 'luck'"):
        msgspec.convert({"kind": "luck"}, AnyCondition)


@st.composite
def some_facts(draw: st.DrawFn) -> Facts:
    purchases = st.builds(
        Purchase,
        at=st.integers(-30, 1500).map(ago),
        bill=st.sampled_from(["b1", "b2", "b3"]),
        group=st.sampled_from(["service", "insurance", "excluded"]),
        category=st.sampled_from(["maintenance", "repair", "insurance"]),
        paid_fen=st.integers(0, 2_000_000),
        vehicle=st.sampled_from(["", "car"]),
    )
    vehicles = st.builds(
        Vehicle, st.sampled_from(["v1", "v2"]), st.integers(0, 3000).map(ago), st.integers(0, 90_000), st.booleans()
    )
    points = draw(st.integers(0, 40_000))
    slugs = st.sampled_from(["classic", "silver", "gold", "diamond"])
    fell = st.builds(Fall, st.integers(0, 400).map(ago), slugs, slugs, st.integers(0, points))
    return member(
        draw(slugs),
        tier_points=points,
        purchases=tuple(draw(st.lists(purchases, max_size=6))),
        vehicles=tuple(draw(st.lists(vehicles, max_size=3))),
        fall=draw(st.none() | fell),
    )


@given(facts=some_facts(), seed=st.randoms(use_true_random=False))
def test_the_order_of_rungs_conditions_and_facts_does_not_matter(facts: Facts, seed: Any) -> None:
    rungs = [
        msgspec.structs.replace(rung, any_of=tuple(seed.sample(rung.any_of, len(rung.any_of)))) for rung in LADDER.rungs
    ]
    seed.shuffle(rungs)
    mixed = replace(facts, purchases=tuple(seed.sample(facts.purchases, len(facts.purchases))))
    shuffled = msgspec.structs.replace(LADDER, rungs=tuple(rungs))
    assert tiers.judge(shuffled, mixed, clock(), ZONE) == tiers.judge(LADDER, facts, clock(), ZONE)


@given(facts=some_facts(), more=st.integers(0, 30_000))
def test_more_tier_points_never_lower_the_tier(facts: Facts, more: int) -> None:
    ranks = {rung.slug: rung.rank for rung in LADDER.rungs}
    assert ranks[tier_of(replace(facts, tier_points=facts.tier_points + more))] >= ranks[tier_of(facts)]


@given(facts=some_facts(), fen=st.integers(1, 2_000_000))
def test_a_spend_today_never_lowers_the_tier_and_always_keeps_it(facts: Facts, fen: int) -> None:
    spent = replace(facts, purchases=(*facts.purchases, Purchase(ago(0), "new", "retail", "accessories", fen)))
    ranks = {rung.slug: rung.rank for rung in LADDER.rungs}
    assert ranks[tier_of(spent)] >= ranks[facts.tier]


@given(facts=some_facts(), hours=st.tuples(st.integers(0, 23), st.integers(0, 23)))
def test_the_job_says_the_same_all_day(facts: Facts, hours: tuple[int, int]) -> None:
    first, second = (tiers.judge(LADDER, facts, clock(TODAY, hour), ZONE) for hour in hours)
    assert first == second


@given(facts=some_facts())
def test_after_a_move_up_the_verdict_is_to_stay(facts: Facts) -> None:
    if tiers.judge(LADDER, facts, clock(), ZONE).move == "up":
        again = moved(facts)
        for later in (0, 1):
            assert tiers.judge(LADDER, again, clock(TODAY + timedelta(days=later)), ZONE).move == "stay"


@given(
    first=st.sampled_from(["silver", "gold", "diamond"]),
    lower=st.sampled_from(["classic", "silver", "gold"]),
    before=st.integers(0, 40_000),
    steps=st.lists(st.integers(0, 13_000), min_size=1, max_size=4),
)
def test_after_a_fall_nobody_moves_without_something_new(first: str, lower: str, before: int, steps: list[int]) -> None:
    facts = member(lower, tier_points=before, tier_since=ago(0), fall=Fall(ago(0), first, lower, before))
    for more in steps:
        facts = moved(replace(facts, tier_points=facts.tier_points + more))
        assert tiers.judge(LADDER, facts, clock(TODAY + timedelta(days=1)), ZONE).move == "stay"


def test_a_paid_upgrade_is_offered_from_the_right_tier_once_in_its_time_and_can_be_taken_back() -> None:
    price = PointsPaid(points=1500, from_tier="silver", once_per_days=365, reversible_hours=24)
    gold = msgspec.structs.replace(LADDER.rung("gold"), any_of=(price,))
    rules = msgspec.structs.replace(LADDER, rungs=(*(one for one in LADDER.rungs if one.slug != "gold"), gold))
    assert paid_upgrade.price(rules, member("silver"), "gold", clock(), ZONE) == price
    paid = Payment(ago(0), "gold", "silver", 1500)
    for refused, fact in (
        (member("classic"), "tier"),
        (member("diamond"), "tier"),
        (member("silver", payments=(paid,)), "again_on"),
    ):
        with pytest.raises(errors.Refusal) as found:
            paid_upgrade.price(rules, refused, "gold", clock(), ZONE)
        assert fact in found.value.facts
    a_year_on = clock(TODAY + timedelta(days=365))
    assert paid_upgrade.price(rules, member("silver", payments=(paid,)), "gold", a_year_on, ZONE) == price
    with pytest.raises(errors.RewardNotOffered, match="no price in points"):
        paid_upgrade.price(rules, member("gold"), "diamond", clock(), ZONE)
    noon = clock()
    assert paid_upgrade.reversible(price, paid, noon)
    noon.forward(24 * 3600)
    assert paid_upgrade.reversible(price, paid, noon)
    noon.forward(1)
    assert not paid_upgrade.reversible(price, paid, noon)
