"""New rules are looked at beside last month's bills, refused when they begin too early, and leave what was booked alone (A2, C5)."""

import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from central_api.bills import previews, programme_cli
from central_api.bills.schemas import BillLine
from central_api.feed import service as feed
from central_api.programme import costs
from central_api.programme import proposal as proposals
from central_api.programme import service as programmes
from central_api.programme.content import Counting, DebtRules
from central_api.programme.earn_rules import EarnRules
from central_api.programme.tier_rules import Join, SingleRepair, Spend, TierPoints, TierRules
from club.model import errors
from tests.support import programme_house as club
from tests.support.programme_house import House

LATER = date(2026, 8, 1)


def written(folder: Path, effective_from: date | datetime, counting: Mapping[str, object], name: str = "v2") -> Path:
    path = folder / "rules.json"
    told = {"version": name, "effective_from": effective_from.isoformat(), "counting": counting}
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


def half() -> dict[str, Any]:
    """Earn rules under which servicing pays half."""
    categories = tuple(
        club.changed(one, per_fen=200) if one.slug == "maintenance" else one for one in club.EARN.categories
    )
    return {"earn": msgspec.to_builtins(club.changed(club.EARN, categories=categories))}


def generous() -> dict[str, Any]:
    categories = tuple(club.changed(one, points_per=2) for one in club.EARN.categories)
    return {"earn": msgspec.to_builtins(club.changed(club.EARN, categories=categories))}


def test_a_preview_works_last_months_bills_out_and_changes_nothing(house: House, tmp_path: Path) -> None:
    member, other = house.member(), house.member()
    house.at(date(2026, 5, 16))
    for day in (date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1)):
        house.book(house.bill(member, 10_000, at=house.now - (date(2026, 5, 16) - day)))
    house.book(
        house.bill(
            other,
            BillLine(line="1", category="repair", paid_fen=5_000),
            at=house.now - timedelta(days=20),
        )
    )
    said: list[str] = []
    found = programme_cli.preview(house.books.db, written(tmp_path, LATER, half()), house.now, said.append)
    assert (found.preview.bills, found.preview.before.points, found.preview.after.points) == (3, 250, 150)
    assert found.preview.members_losing == {member}
    assert found.costs == ("earn",)
    assert said[0] == "last month: 3 bills; reward points 250 -> 150, tier points 250 -> 150"
    with house.books.db.read() as tx:
        assert programmes.version(tx, "v2", house.now) is None


def test_a_month_of_more_bills_than_one_look_is_read_whole(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "BATCH", 2)
    member = house.member()
    for _ in range(5):  # of the same instant
        house.book(house.bill(member, 10_000))
    found = previews.effect(
        house.books.db, house.rules, house.rules, house.now - timedelta(days=1), house.now + timedelta(days=1)
    )
    assert (found.preview.bills, found.preview.changes, found.costs) == (5, (), ())


def test_rules_that_cost_members_something_wait_for_the_notice_period(house: House, tmp_path: Path) -> None:
    house.at(date(2026, 5, 16))
    member = house.member()
    house.book(house.bill(member, 10_000, at=house.now - timedelta(days=20)))
    said: list[str] = []
    early = written(tmp_path, date(2026, 6, 14), half())
    with pytest.raises(errors.Malformed, match="30 days"):
        programme_cli.put(house.books.db, early, house.now, said.append)
    programme_cli.put(house.books.db, written(tmp_path, date(2026, 6, 15), half()), house.now, said.append)
    assert said[-1] == "version v2 is in force from 2026-06-15T00:00:00+08:00"
    house.at(date(2026, 6, 14), 23, 59)
    assert house.book(house.bill(member, 10_000)).points == 100
    late = house.bill(member, 10_000)
    house.at(date(2026, 6, 15), 0, 0)
    assert house.book(house.bill(member, 10_000)).points == 50
    assert house.book(late).points == 100


@pytest.mark.parametrize(
    ("effective_from", "refused"),
    [
        (datetime(2026, 5, 16, 3, 59, tzinfo=UTC), True),
        (datetime(2026, 5, 16, 4, 0, tzinfo=UTC), True),  # now
        (datetime(2026, 5, 16, 4, 1, tzinfo=UTC), False),
    ],
)
def test_rules_that_give_more_may_begin_at_once_but_never_in_the_past(
    house: House, tmp_path: Path, effective_from: datetime, refused: bool
) -> None:
    house.at(date(2026, 5, 16))
    path = written(tmp_path, effective_from, generous())
    if refused:
        with pytest.raises(errors.Malformed, match="or later"):
            programme_cli.put(house.books.db, path, house.now, print)
    else:
        programme_cli.put(house.books.db, path, house.now, print)
    with house.books.db.read() as tx:
        assert (programmes.version(tx, "v2", effective_from) is None) == refused


def test_the_same_version_again_changes_nothing_and_another_under_its_name_is_a_conflict(
    house: House, tmp_path: Path
) -> None:
    said: list[str] = []
    for _ in range(2):
        programme_cli.put(house.books.db, written(tmp_path, LATER, generous()), house.now, said.append)
    assert said[-1] == "version v2 is kept already"
    with pytest.raises(errors.EditConflict):
        programme_cli.put(house.books.db, written(tmp_path, LATER, {}), house.now, said.append)
    with pytest.raises(errors.EditConflict):
        programme_cli.put(house.books.db, written(tmp_path, LATER, {}, "v3"), house.now, said.append)


def test_devices_are_told_when_rules_come_into_force(house: House, tmp_path: Path) -> None:
    def told() -> bool:
        with house.books.db.write() as tx:
            feed.ensure_epoch(tx)
            return programmes.publish_due(tx, house.now)

    assert (told(), told()) == (True, False)
    path = tmp_path / "rules.toml"
    path.write_text(
        'version = "v2"\neffective_from = 2026-08-01\n[programme]\nlapsed_grace_days = 60\n[programme.redeem]\n'
        'pin = "never"\nuid_daily_cap = 10\nreversible_days = 9\n',
        encoding="utf-8",
    )
    programme_cli.put(house.books.db, path, house.now, print)
    assert not told()
    house.at(LATER)
    assert (told(), told()) == (True, False)
    with house.books.db.read() as tx:
        assert programmes.current(tx, house.now).redeem.reversible_days == 9
        assert programmes.counting(tx, house.now) == club.COUNTING  # what the file leaves out stays


@pytest.mark.parametrize(
    "told",
    [
        "[]",
        "{",
        '{"version": "v2"}',
        '{"version": "v2", "effective_from": "soon"}',
        '{"version": "v2", "effective_from": "2026-08-01", "counting": {"earnings": {}}}',
        '{"version": "v2", "effective_from": "2026-08-01", "counting": {"earn": {"categories": [{"slug": "x"}]}}}',
        '{"version": "v2", "effective_from": "2026-08-01", "counting": {"notice_days": -1}}',
        '{"version": "v2", "effective_from": "2026-08-01", "more": 1}',
        '{"version": "V 2", "effective_from": "2026-08-01"}',
        '{"version": "v2", "effective_from": "2026-08-01", "counting": []}',
    ],
)
def test_a_file_that_holds_no_rules_is_refused_with_what_was_expected(told: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text(told, encoding="utf-8")
    with pytest.raises(errors.Malformed, match="expected"):
        proposals.read(path, club.programme(), club.COUNTING)


def test_a_day_without_a_time_begins_in_the_clubs_zone() -> None:
    for text in (
        "effective_from = 2026-08-01",
        'effective_from = "2026-08-01"',
        "effective_from = 2026-08-01T00:00:00",
    ):
        told = tomllib.loads(f'version = "v2"\n{text}\n')
        found = proposals.parse(told, club.programme(), club.COUNTING)
        assert found.effective_from == datetime(2026, 7, 31, 16, tzinfo=UTC)


def ladder(*ways: Any) -> Counting:
    rungs = (club.LADDER.rungs[0], club.changed(club.LADDER.rungs[1], any_of=ways), *club.LADDER.rungs[2:])
    return club.changed(club.COUNTING, ladder=club.changed(club.LADDER, rungs=rungs))


SPEND = Spend(at_least_fen=100, within_days=365, groups=("service",))


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        (club.COUNTING, club.COUNTING, ()),
        (ladder(TierPoints(at_least=100)), ladder(TierPoints(at_least=99)), ()),
        (ladder(TierPoints(at_least=100)), ladder(TierPoints(at_least=101)), ("tiers",)),
        (ladder(SPEND), ladder(SPEND, Join()), ()),
        (ladder(SPEND, TierPoints(at_least=1)), ladder(SPEND), ("tiers",)),
        (ladder(SPEND), ladder(club.changed(SPEND, within_days=400, groups=())), ()),
        (ladder(SPEND), ladder(club.changed(SPEND, within_days=300)), ("tiers",)),
        (ladder(SingleRepair(at_least_fen=5, within_days=30)), ladder(SingleRepair(at_least_fen=5)), ()),
        (ladder(SingleRepair(at_least_fen=5)), ladder(SingleRepair(at_least_fen=5, within_days=30)), ("tiers",)),
        (club.COUNTING, club.changed(club.COUNTING, ladder=None), ("tiers",)),
        (club.COUNTING, club.changed(club.COUNTING, ladder=TierRules(rungs=club.LADDER.rungs)), ()),
        (
            club.COUNTING,
            club.changed(
                club.COUNTING,
                ladder=club.changed(club.LADDER, downgrade=club.changed(club.DOWNGRADE, grace_days=0)),
            ),
            ("tiers",),
        ),
        (
            club.COUNTING,
            club.changed(club.COUNTING, renewal=club.changed(club.RENEWAL, points=600)),
            ("renewal",),
        ),
        (club.COUNTING, club.changed(club.COUNTING, renewal=club.changed(club.RENEWAL, points=400)), ()),
        (club.COUNTING, club.changed(club.COUNTING, birthday=None), ("birthday",)),
        (
            club.COUNTING,
            club.changed(club.COUNTING, referral=club.changed(club.REFERRAL, delay_days=30)),
            ("referral",),
        ),
        (club.COUNTING, club.changed(club.COUNTING, rankings=club.COUNTING.rankings[:1]), ("rankings",)),
        (club.COUNTING, club.changed(club.COUNTING, entitlements=None), ("entitlements",)),
        (club.changed(club.COUNTING, debt=DebtRules(rule="forgive")), club.COUNTING, ("debt",)),
        (club.changed(club.COUNTING, debt=DebtRules(most_points=5)), club.COUNTING, ("debt",)),
        (club.COUNTING, club.changed(club.COUNTING, debt=DebtRules(most_points=5)), ()),
        (club.COUNTING, club.changed(club.COUNTING, notice_days=7), ("notice",)),
        (club.COUNTING, club.changed(club.COUNTING, earn=None), ("earn",)),
        (Counting(), club.COUNTING, ()),
        (Counting(earn=EarnRules(categories=())), club.COUNTING, ()),
    ],
)
def test_what_new_rules_take_from_members_is_named(before: Counting, after: Counting, named: tuple[str, ...]) -> None:
    assert costs.of(before, after) == named
