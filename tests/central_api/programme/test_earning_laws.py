"""What holds for every bill under any rules (A2): nothing negative, nothing gained by splitting, no order that matters."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from central_api.programme import earning
from central_api.programme.earn_rules import Acceleration, EarnRules, Exclusion, Multiplier
from central_api.programme.earning import Bill, Earned, Line
from club.model.text import Text
from tests.central_api.programme import makers

UNCAPPED = makers.rules(cap=st.just(0))


def with_amount(bill: Bill, place: int, fen: int) -> Bill:
    lines = list(bill.lines)
    lines[place] = replace(lines[place], paid_fen=fen)
    return replace(bill, lines=tuple(lines))


@given(rules=makers.rules(), bill=makers.bills())
def test_points_are_whole_never_negative_and_add_up(rules: EarnRules, bill: Bill) -> None:
    found = earning.earn(rules, bill)
    numbers = [found.points, found.tier_points, *(lot.points for lot in found.lots)]
    numbers += [number for one in found.effects for number in (one.points, one.tier_points)]
    assert all(type(number) is int and number >= 0 for number in numbers)
    assert sum(one.points for one in found.effects) == sum(lot.points for lot in found.lots) == found.points
    assert sum(one.tier_points for one in found.effects) == found.tier_points
    assert all(lot.points > 0 and lot.expires > bill.day for lot in found.lots)
    assert {one.line for one in found.effects} >= {line.id for line in bill.lines}, "no line goes without a word"


@given(rules=makers.rules(), bill=makers.bills(), place=st.integers(0, 4), more=st.integers(0, 1_000_000))
def test_who_pays_more_earns_no_less(rules: EarnRules, bill: Bill, place: int, more: int) -> None:
    place %= len(bill.lines)
    dearer = with_amount(bill, place, bill.lines[place].paid_fen + more)
    before, after = earning.earn(rules, bill), earning.earn(rules, dearer)
    assert after.points >= before.points
    assert after.tier_points >= before.tier_points


@given(rules=makers.rules(), bill=makers.bills(), extra=makers.exclusions())
def test_an_exclusion_never_raises_points(rules: EarnRules, bill: Bill, extra: Exclusion) -> None:
    extra = msgspec.structs.replace(extra, slug="one-more")
    more = msgspec.structs.replace(rules, exclusions=(*rules.exclusions, extra))
    before, after = earning.earn(rules, bill), earning.earn(more, bill)
    assert after.points <= before.points
    assert after.tier_points <= before.tier_points


@given(rules=makers.rules(), bill=makers.bills(), extra=makers.multipliers())
def test_a_multiplier_never_lowers_points_and_leaves_the_tier_points(
    rules: EarnRules, bill: Bill, extra: Multiplier
) -> None:
    extra = msgspec.structs.replace(extra, slug="one-more")
    more = msgspec.structs.replace(rules, multipliers=(*rules.multipliers, extra))
    before, after = earning.earn(rules, bill), earning.earn(more, bill)
    assert after.points >= before.points
    assert after.tier_points == before.tier_points


@given(rules=makers.rules(), bill=makers.bills(), seed=st.integers(0, 2**32))
def test_the_order_of_rules_and_of_lines_does_not_matter(rules: EarnRules, bill: Bill, seed: int) -> None:
    draw = random.Random(seed)
    lists = {name: value for name, value in msgspec.structs.asdict(rules).items() if isinstance(value, tuple)}
    mixed_lists: dict[str, Any] = {name: tuple(draw.sample(value, len(value))) for name, value in lists.items()}
    shuffled = msgspec.structs.replace(rules, **mixed_lists)
    assert earning.earn(shuffled, bill) == earning.earn(rules, bill)
    mixed = replace(bill, lines=tuple(draw.sample(bill.lines, len(bill.lines))))
    there, here = earning.earn(rules, mixed), earning.earn(rules, bill)
    assert set(there.lots) == set(here.lots)
    assert set(there.effects) == set(here.effects)


@st.composite
def split_bills(draw: st.DrawFn) -> tuple[Bill, tuple[Line, ...]]:
    """A bill, and the same with one line cut into up to four."""
    bill = draw(makers.bills())
    place = draw(st.integers(0, len(bill.lines) - 1))
    whole = bill.lines[place]
    cuts = sorted(draw(st.lists(st.integers(0, whole.paid_fen), max_size=3)))
    ends = [0, *cuts, whole.paid_fen]
    parts = [
        replace(whole, id=f"{whole.id}.{number}", paid_fen=high - low)
        for number, (low, high) in enumerate(pairwise(ends))
    ]
    return bill, (*bill.lines[:place], *parts, *bill.lines[place + 1 :])


@given(rules=makers.rules(), split=split_bills())
def test_cutting_lines_never_earns_more_and_loses_less_than_a_point_a_cut(
    rules: EarnRules, split: tuple[Bill, tuple[Line, ...]]
) -> None:
    bill, lines = split
    whole, parts = earning.earn(rules, bill), earning.earn(rules, replace(bill, lines=lines))
    cuts = len(lines) - len(bill.lines)
    assert whole.points - cuts <= parts.points <= whole.points
    assert whole.tier_points - cuts <= parts.tier_points <= whole.tier_points


def earn_apart(rules: EarnRules, bill: Bill, lines: tuple[Line, ...]) -> list[Earned]:
    return [earning.earn(rules, replace(bill, lines=(line,))) for line in lines]


@given(rules=UNCAPPED, split=split_bills())
def test_cutting_a_bill_into_bills_never_earns_more(rules: EarnRules, split: tuple[Bill, tuple[Line, ...]]) -> None:
    bill, lines = split
    whole, parts = earning.earn(rules, bill), earn_apart(rules, bill, lines)
    assert sum(part.points for part in parts) <= whole.points
    assert sum(part.tier_points for part in parts) <= whole.tier_points


@given(rules=makers.rules(), split=split_bills())
def test_with_a_cap_cutting_a_bill_gains_no_more_than_the_cap_for_each_further_bill(
    rules: EarnRules, split: tuple[Bill, tuple[Line, ...]]
) -> None:
    bill, lines = split
    whole, parts = earning.earn(rules, bill), earn_apart(rules, bill, lines)
    caps = sum(one.cap_points for one in rules.stepped)
    assert sum(part.points for part in parts) <= whole.points + (len(lines) - 1) * caps


@given(bill=makers.bills(), percent=st.integers(100, 250), best=st.integers(100, 300), points_per=st.integers(0, 9))
def test_one_line_is_one_exact_fraction_rounded_down_once(bill: Bill, percent: int, best: int, points_per: int) -> None:
    rules = EarnRules(
        categories=tuple(makers.category(slug, points_per, 700) for slug in makers.AMOUNTS),
        acceleration=(Acceleration(tier=bill.tier, percent=percent),),
        multipliers=(Multiplier(slug="all", name=Text("全部"), percent=best),),
    )
    wanted = sum(
        int(Fraction(line.paid_fen * points_per, 700) * Fraction(percent, 100) * Fraction(best, 100))
        for line in bill.lines
    )
    assert earning.earn(rules, bill).points == wanted


@given(rules=makers.rules(), bill=makers.bills(), zone=st.sampled_from(["Asia/Shanghai", "America/New_York"]))
def test_the_zone_a_time_is_written_in_does_not_matter(rules: EarnRules, bill: Bill, zone: str) -> None:
    assert earning.earn(rules, replace(bill, at=bill.at.astimezone(ZoneInfo(zone)))) == earning.earn(rules, bill)


def test_the_last_moment_of_a_year_earns_in_that_year() -> None:
    rules = EarnRules(categories=(makers.category("maintenance"),), round_expiry_to="year-end")
    ends = [
        earning.earn(rules, makers.bill(makers.paid(100), at=datetime(2026, 12, 31, hour, 0, tzinfo=UTC)))
        .lots[0]
        .expires.year
        for hour in (15, 16)
    ]
    assert ends == [2027, 2028]
