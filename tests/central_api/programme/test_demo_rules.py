"""The demo's books come out of the rules: every bill, bonus, expiry and tier of config/demo, worked out again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from central_api.demo_data import programme_rules
from central_api.demo_data.files import DemoFolder, LedgerRow, MemberRow
from central_api.demo_data.generator import Generator
from central_api.programme import earning, renewal, tiers
from central_api.programme.earn_rules import EarnRules
from central_api.programme.earning import Bill, Line
from central_api.programme.tier_facts import Facts, Purchase
from central_api.programme.tier_rules import Join, TierPoints, TierRules
from club import resources
from club.model.clock import HandClock
from club.model.relative_dates import RelativeDates

ZONE = "Asia/Shanghai"
DRAWN = date(2026, 5, 16)
FOLDER = DemoFolder(resources.demo_dir())
GROUPS = {one["slug"]: one["group"] for one in FOLDER.programme["category"]}
GIVEN_WITH_AN_END = {one["title_zh"] for profile in FOLDER.story["profile"] for one in profile.get("extra", [])}

GIFTS = {gift.tier: gift.points for gift in programme_rules.birthday_rules(FOLDER.programme).gifts}


@dataclass
class Replay:
    """One member's history, worked out row by row; the tier is judged by `ladder` after each."""

    member: MemberRow
    dates: RelativeDates
    rules: EarnRules
    ladder: TierRules
    check_expiry: bool
    tier: str = "classic"
    tier_points: int = 0
    purchases: list[Purchase] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def run(self, rows: Sequence[LedgerRow]) -> None:
        bills: dict[str, list[LedgerRow]] = {}
        for row in rows:
            bills.setdefault(row.bill or row.row, []).append(row)
        for lines in bills.values():
            if lines[0].kind in ("bill", "bonus"):
                self.earned(lines)
            else:
                self.tier_points += sum(row.tier_points for row in lines)
            self.judge(lines[0].when)

    def earned(self, rows: Sequence[LedgerRow]) -> None:
        lines = tuple(
            Line(row.row, row.category, row.paid_fen, 0 if row.kind == "bill" or row.category == "join" else row.points)
            for row in rows
        )
        first = rows[0]
        found = earning.earn(
            self.rules, Bill(first.bill, self.dates.instant(first.when), ZONE, self.tier, lines, self.member.id)
        )
        for row in rows:
            points = sum(one.points for one in found.effects if one.line == row.row)
            tier_points = sum(one.tier_points for one in found.effects if one.line == row.row)
            ends = [lot.expires for lot in found.lots if lot.line == row.row]
            wanted = [self.dates.day(row.expires)] if row.expires else []
            own_end = not self.check_expiry or row.title_zh in GIVEN_WITH_AN_END
            if (points, tier_points) != (row.points, row.tier_points) or not (own_end or ends == wanted):
                self.wrong.append(f"{row.row} {self.tier}: {points} {tier_points} {ends}, written {row}")
            if row.category == "birthday" and row.points != GIFTS[self.tier]:
                self.wrong.append(f"{row.row}: a birthday gift of {row.points} to {self.tier}")
            self.purchases.append(
                Purchase(self.dates.instant(row.when), row.bill, GROUPS[row.category], row.category, row.paid_fen)
            )
        self.tier_points += found.tier_points

    def judge(self, when: str) -> None:
        verdict = tiers.judge(self.ladder, self.facts(when), HandClock(self.dates.instant(when)), ZONE)
        assert verdict.move != "down"
        self.tier = verdict.tier

    def facts(self, since: str) -> Facts:
        return Facts(
            member=self.member.id,
            tier=self.tier,
            tier_since=self.dates.instant(since),
            joined=self.dates.instant(self.member.joined),
            tier_points=self.tier_points,
            purchases=tuple(self.purchases),
        )


def by_points(rules: TierRules) -> TierRules:
    """The ladder with its thresholds alone, as the demo's history was written."""
    kinds = (Join, TierPoints)
    rungs = (
        msgspec.structs.replace(rung, any_of=tuple(one for one in rung.any_of if isinstance(one, kinds)))
        for rung in rules.rungs
    )
    return msgspec.structs.replace(rules, rungs=tuple(rungs))


def replays(today: date, *, check_expiry: bool, every_condition: bool = False) -> list[Replay]:
    """All members with a history, the named and the generated, on a day; multipliers of the file lie after it."""
    dates = RelativeDates(today, ZONE)
    rules, ladder = programme_rules.earn_rules(FOLDER.programme, dates), programme_rules.tier_rules(FOLDER.programme)
    if not every_condition:
        ladder = by_points(ladder)
    generator = Generator(FOLDER, dates)
    done = []
    for member in FOLDER.members:
        rows = [row for row in FOLDER.ledger if row.member == member.id]
        if member.profile not in ("explicit", "pending"):
            rows, _ = generator.history(member)
        if rows:
            one = Replay(member, dates, rules, ladder, check_expiry)
            one.run(rows)
            done.append(one)
    return done


def test_every_row_of_the_drawn_day_comes_out_of_the_rules_with_its_expiry() -> None:
    done = replays(DRAWN, check_expiry=True)
    assert len(done) == 199, "all but the one who is not active"
    assert [line for one in done for line in one.wrong] == []
    assert {one.member.id: one.tier for one in done} == {one.member.id: one.member.tier for one in done}, (
        "the tier is the member's"
    )


@pytest.mark.parametrize("today", [date(2026, 11, 25), date(2027, 2, 28), date(2028, 2, 29)])
def test_on_any_day_the_points_come_out_the_same(today: date) -> None:
    done = replays(today, check_expiry=False)
    assert [line for one in done for line in one.wrong] == []
    assert [one.member.id for one in done if one.tier != one.member.tier] == []


def test_every_condition_leads_to_the_same_tiers_today_and_one_member_reached_his_sooner() -> None:
    """Mr Wang spent over 10,000 yuan within a year by day -434, five months before the points made him gold in the story."""
    done = replays(DRAWN, check_expiry=True, every_condition=True)
    assert [one.member.id for one in done if one.tier != one.member.tier] == []
    assert [line for one in done for line in one.wrong] == ["m0001-22: a birthday gift of 200 to gold"]


def test_who_was_long_away_is_warned_of_the_fall() -> None:
    away = next(one for one in replays(DRAWN, check_expiry=True) if one.member.id == "m0015")
    clock = HandClock(away.dates.instant("+0d 14:32"))
    last = max(one.at for one in away.purchases)
    verdict = tiers.judge(away.ladder, away.facts("-400d"), clock, ZONE)
    assert verdict.keep_until == last.date() + timedelta(days=365)
    assert verdict.warning is not None
    left = (verdict.keep_until - DRAWN).days
    assert verdict.warning.days == min(days for days in (60, 30, 7) if days >= left)


def test_memberships_of_the_demo_renew_as_the_file_says() -> None:
    rules = programme_rules.renewal_rules(FOLDER.programme)
    dates = RelativeDates(DRAWN, ZONE)
    clock = HandClock(dates.instant("+0d 14:32"))
    ends = {member.id: dates.day(member.valid_to) for member in FOLDER.members if member.valid_to}
    lapsed = renewal.renew(rules, "m0016", ends["m0016"], renewal.Offer("points", "c1"), clock, ZONE)
    assert (lapsed.points, lapsed.starts) == (500, ends["m0016"] + timedelta(days=1))
    bill = renewal.Offer("insurance", "b1", 320_000, "insurance")
    assert renewal.renew(rules, "m0004", ends["m0004"], bill, clock, ZONE).points == 0
    assert renewal.reminder(rules, "m0004", ends["m0004"], clock, ZONE) == renewal.Reminder("m0004", 45, ends["m0004"])


def test_the_ladder_that_is_off_can_be_switched_on() -> None:
    ladder = programme_rules.tier_rules(FOLDER.programme, "years")
    assert [rung.slug for rung in ladder.ladder()][-1] == "years-black-gold"


def test_referrals_pay_what_the_file_says() -> None:
    rules = programme_rules.referral_rules(FOLDER.programme)
    assert (rules.vehicle_points, rules.first_visit_points, rules.cap_per_year, rules.delay_days) == (1000, 100, 10, 15)


@pytest.mark.parametrize(("key", "value"), [("rounding", "half-up"), ("on_amount", "gross"), ("stacking", ["base"])])
def test_a_file_that_asks_for_another_order_is_refused(key: str, value: object) -> None:
    row = {**FOLDER.programme, "earning": {**FOLDER.programme["earning"], key: value}}
    with pytest.raises(ValueError, match=f"earning.{key}"):
        programme_rules.earn_rules(row, RelativeDates(DRAWN, ZONE))


def first_multiplier(**more: object) -> dict[str, Any]:
    """The file with one multiplier, its first with `more`."""
    return {**FOLDER.programme, "multiplier": [{**FOLDER.programme["multiplier"][0], **more}]}


def test_a_multiplier_of_the_file_on_mondays_holds_on_mondays_alone() -> None:
    row = first_multiplier(weekdays=[1], days_of_month=[])
    rules = programme_rules.earn_rules(row, RelativeDates(DRAWN, ZONE))
    monday = datetime(2026, 5, 18, 12, 0, tzinfo=ZoneInfo(ZONE))
    earned = [
        earning.earn(
            rules, Bill("b", monday + timedelta(days=day), ZONE, "classic", (Line("1", "maintenance", 10_000),))
        )
        for day in range(7)
    ]
    assert [one.points for one in earned] == [200, *[100] * 6]


@pytest.mark.parametrize("more", [{"hours": [9, 12]}, {"weekday": [1]}, {"weekdays": [8]}])
def test_a_multiplier_limited_by_what_is_not_known_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(more))):
        programme_rules.earn_rules(first_multiplier(**more), RelativeDates(DRAWN, ZONE))


def test_the_stepped_bonus_of_the_file_gives_a_hundred_for_each_full_thousand() -> None:
    on = [{**one, "enabled": True} for one in FOLDER.programme["stepped_bonus"]]
    rules = programme_rules.earn_rules({**FOLDER.programme, "stepped_bonus": on}, RelativeDates(DRAWN, ZONE))
    assert [(one.each_full_fen, one.points, one.cap_points) for one in rules.stepped] == [(100_000, 100, 500)]
