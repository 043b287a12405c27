"""What a new version of the rules would have changed, bill by bill and in all (C5)."""

from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from central_api.programme import earning
from central_api.programme.earn_rules import EarnRules, Multiplier, SteppedBonus
from central_api.programme.earning import Bill, Earned
from central_api.programme.preview import Sum, preview
from club.model.text import Text
from tests.central_api.programme import makers

NOW = EarnRules(categories=(makers.category("maintenance"), makers.category("accessories", months=6)))


def test_each_change_is_told_with_both_sides_and_their_reasons() -> None:
    double = Multiplier(slug="double", name=Text("双倍"), percent=200, categories=("accessories",))
    bills = [makers.bill(makers.paid(10_000)), makers.bill(makers.paid(5_000, "accessories"))]
    found = preview(bills, NOW, msgspec.structs.replace(NOW, multipliers=(double,)))
    assert (found.bills, found.before, found.after) == (2, Sum(150, 150), Sum(200, 150))
    assert [(one.bill, one.points, one.tier_points) for one in found.changes] == [(bills[1], 50, 0)]
    assert [one.rule for one in found.changes[0].after.effects] == ["accessories", "double"]
    assert found.members_gaining == frozenset({"m1"})
    assert not found.members_losing
    assert not found.costs_members


def test_points_that_live_shorter_cost_members_even_if_they_are_as_many() -> None:
    shorter = EarnRules(categories=(makers.category("maintenance", months=6),))
    found = preview([makers.bill(makers.paid(10_000))], NOW, shorter)
    assert (found.before, found.after) == (Sum(100, 100), Sum(100, 100))
    assert len(found.changes) == 1
    assert found.costs_members


def bonus(*categories: str, points: int = 100) -> SteppedBonus:
    return SteppedBonus(slug="full", name=Text("满额"), categories=categories, each_full_fen=100_000, points=points)


def test_a_bonus_that_lives_shorter_for_a_category_more_costs_members() -> None:
    """Its points are as many, but accessories live for six months and so does what is given for them."""
    before = msgspec.structs.replace(NOW, stepped=(bonus("maintenance"),))
    after = msgspec.structs.replace(NOW, stepped=(bonus("maintenance", "accessories"),))
    bill = makers.bill(makers.paid(100_000), makers.paid(100, "accessories", "2"))
    found = preview([bill], before, after)
    assert [(one.points, one.tier_points) for one in found.changes] == [(0, 0)]
    assert found.costs_members
    assert not preview([bill], after, before).costs_members, "back again they live longer"


def test_more_points_that_live_shorter_cost_members_too() -> None:
    more = EarnRules(categories=(makers.category("maintenance", points_per=2, months=6),))
    found = preview([makers.bill(makers.paid(10_000))], NOW, more)
    assert found.members_gaining == frozenset({"m1"})
    assert found.costs_members


def test_a_bonus_on_top_costs_nobody() -> None:
    found = preview(
        [makers.bill(makers.paid(100_000), makers.paid(100, "accessories", "2"))],
        NOW,
        msgspec.structs.replace(NOW, stepped=(bonus("maintenance", "accessories"),)),
    )
    assert len(found.changes) == 1
    assert not found.costs_members


def test_a_bill_the_new_version_cannot_judge_is_named_and_in_no_sum() -> None:
    fewer = EarnRules(categories=(makers.category("maintenance"),))
    bills = [makers.bill(makers.paid(10_000)), makers.bill(makers.paid(5_000, "accessories"))]
    found = preview(bills, NOW, fewer)
    assert (found.bills, found.before, found.after) == (1, Sum(100, 100), Sum(100, 100))
    assert [(one.bill, "found category 'accessories'" in one.why) for one in found.unreadable] == [(bills[1], True)]


@given(bills=st.lists(makers.bills(), max_size=6), before=makers.rules(), after=makers.rules())
def test_the_sums_are_those_of_the_bills_and_the_changes_bridge_them(
    bills: list[Bill], before: EarnRules, after: EarnRules
) -> None:
    found = preview(bills, before, after)
    assert found.unreadable == ()
    for sums, rules in ((found.before, before), (found.after, after)):
        each = [earning.earn(rules, bill) for bill in bills]
        assert sums == Sum(sum(one.points for one in each), sum(one.tier_points for one in each))
    assert found.after.points - found.before.points == sum(one.points for one in found.changes)
    assert found.after.tier_points - found.before.tier_points == sum(one.tier_points for one in found.changes)
    assert preview(bills, before, before).changes == ()


def alive(earned: Earned, on: date) -> int:
    return sum(lot.points for lot in earned.lots if lot.expires >= on)


@given(bill=makers.bills(), before=makers.rules(), after=makers.rules())
def test_a_change_costs_members_where_any_day_has_fewer_points(bill: Bill, before: EarnRules, after: EarnRules) -> None:
    old, new = earning.earn(before, bill), earning.earn(after, bill)
    days = {bill.day} | {lot.expires + timedelta(days=more) for lot in (*old.lots, *new.lots) for more in (0, 1)}
    fewer = new.tier_points < old.tier_points or any(alive(new, day) < alive(old, day) for day in days)
    assert preview([bill], before, after).costs_members == fewer
