"""Tiers move up at once, down by time after warnings, by staff and by points; every move is kept (A5)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from central_api.db import Tx
from central_api.devices.tables import stores
from central_api.entitlements import service as entitlements
from central_api.feed.tables import feed_due
from central_api.inbox import service as inbox
from central_api.jobs import runner
from central_api.ledger import service as ledger
from central_api.ledger.tables import ledger_entries
from central_api.tiers import repository
from central_api.tiers import service as tiers
from central_api.tiers.service import Moved
from club.model import errors
from tests.support.programme_house import House

DAY = date(2026, 5, 16)


def changes(house: House, member: str) -> list[tuple[str, str, str]]:
    with house.books.db.read() as tx:
        return [(row.kind, row.from_tier, row.to_tier) for row in repository.changes(tx, member)]


def messages(house: House, member: str, kind: str) -> list[dict[str, Any]]:
    with house.books.db.read() as tx:
        return [dict(row.facts) for row in inbox.messages_of(tx, member) if row.kind == kind]


def night(house: House, day: date) -> dict[str, int]:
    house.at(day, 0, 30)
    (ran,) = runner.run_by_hand(house.parts, "tiers")
    assert ran.outcome == "done"
    return ran.counts


def test_an_upgrade_is_at_once_with_its_reason_a_task_and_entitlements(house: House) -> None:
    house.at(DAY)
    member = house.member()
    house.book(house.bill(member, 700_000))
    assert house.row(member).tier == "silver"
    with house.books.db.read() as tx:
        (change,) = repository.changes(tx, member)
        (task,) = inbox.open_tasks(tx, "east")
        held = entitlements.held(tx, member, DAY)
    assert (change.kind, change.from_tier, change.to_tier, change.at) == ("up", "classic", "silver", house.now)
    assert change.reasons == [
        {"kind": "spend", "fen": 700_000, "at_least_fen": 600_000, "days": 365},
        {"kind": "tier-points", "points": 7000, "at_least": 5000},
    ]
    assert (task.kind, task.member, task.facts) == ("congratulate", member, {"from": "classic", "to": "silver"})
    assert messages(house, member, "tier-up") == [{"from": "classic", "to": "silver"}]
    assert [(one.entitlement, one.left) for one in held] == [("free-wash", 2)]


def test_several_rungs_at_once_fill_the_entitlements_up(house: House) -> None:
    house.at(DAY)
    member = house.member()
    house.book(house.bill(member, 700_000))
    house.book(house.bill(member, 2_000_000))
    assert changes(house, member) == [("up", "classic", "silver"), ("up", "silver", "diamond")]
    with house.books.db.read() as tx:
        held = {one.entitlement: one.left for one in entitlements.held(tx, member, DAY)}
    assert held == {"free-wash": 12, "detail-wash": 2}


def test_a_year_without_spending_warns_three_times_and_then_the_tier_goes_one_rung(house: House) -> None:
    house.at(DAY)
    member = house.member()
    house.book(house.bill(member, 1_300_000))
    told: dict[int, int] = {}
    moved: list[int] = []
    for days in range(300, 385):
        counts = night(house, DAY + timedelta(days=days))
        if counts.get("warned"):
            told[days] = messages(house, member, "tier-warning")[0]["days"]
        if counts.get("down"):
            moved.append(days)
    assert told == {305: 60, 335: 30, 358: 7}
    assert moved == [381]
    assert changes(house, member)[-1] == ("down", "gold", "silver")
    assert messages(house, member, "tier-down") == [{"from": "gold", "to": "silver"}]


def test_nights_that_were_missed_warn_once_with_the_nearest(house: House) -> None:
    house.at(DAY)
    member = house.member()
    house.book(house.bill(member, 1_300_000))
    house.tick("tiers")
    house.at(DAY + timedelta(days=360))
    assert [ran.counts for ran in house.tick("tiers")] == [{"warned": 1}]
    assert house.tick("tiers") == []
    assert night(house, DAY + timedelta(days=361)) == {}
    assert [one["days"] for one in messages(house, member, "tier-warning")] == [7]


def test_a_paid_visit_in_the_grace_keeps_the_tier(house: House) -> None:
    house.at(DAY)
    member = house.member()
    house.book(house.bill(member, 1_300_000))
    house.at(DAY + timedelta(days=380))
    house.book(house.bill(member, 100))
    assert night(house, DAY + timedelta(days=381)) == {}
    assert house.row(member).tier == "gold"


def test_a_dry_run_lists_who_would_move_and_moves_nobody(house: House) -> None:
    house.at(DAY)
    falling, warned, staying = house.member(), house.member(), house.member()
    house.book(house.bill(falling, 1_300_000))
    house.at(DAY + timedelta(days=50))
    house.book(house.bill(warned, 700_000))
    house.at(DAY + timedelta(days=381))
    house.book(house.bill(staying, 700_000))
    (ran,) = runner.run_by_hand(house.parts, "tiers", dry=True)
    assert ran.lines == [
        f"{falling} down gold -> silver",
        f"{warned} warn 60 silver until {DAY + timedelta(days=415)}",
    ]
    assert ran.counts == {"down": 1, "warned": 1}
    assert house.row(falling).tier == "gold"
    assert messages(house, warned, "tier-warning") == []


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])
def test_the_days_are_those_of_the_members_store(house: House, zone: str) -> None:
    with house.books.db.write() as tx:
        tx.execute(update(stores).values(time_zone=zone))
    member = house.member()
    house.at(DAY)
    house.book(house.bill(member, 700_000))
    spent = house.now.astimezone(ZoneInfo(zone)).date()
    for days, tier in ((380, "silver"), (381, "classic")):
        day = spent + timedelta(days=days)
        house.now = house.now.replace(year=day.year, month=day.month, day=day.day, hour=12, tzinfo=ZoneInfo(zone))
        runner.run_by_hand(house.parts, "tiers")
        assert house.row(member).tier == tier


def test_after_a_fall_only_new_things_carry_up_again(house: House) -> None:
    house.at(DAY)
    member = house.member()
    house.book(house.bill(member, 1_300_000))
    night(house, DAY + timedelta(days=381))
    assert night(house, DAY + timedelta(days=382)) == {}  # 13,000 points of before do not carry up again
    house.at(DAY + timedelta(days=383))
    house.book(house.bill(member, 100_000))
    assert house.row(member).tier == "silver"
    house.book(house.bill(member, 610_000))  # 7,100 more than the 5,000 of silver: gold again
    assert house.row(member).tier == "gold"


def test_staff_give_a_tier_with_a_reason_and_only_such_as_the_ladder_lets_them(house: House) -> None:
    member = house.member()

    def give(tier: str, reason: str) -> Moved:
        return house.books.db.run(
            lambda tx: tiers.grant(tx, member, tier, by="zhou", reason=reason, now=house.now, new_id=house.books.new_id)
        )

    with pytest.raises(errors.Malformed):
        give("gold", "  ")
    for tier in ("diamond", "platinum"):
        with pytest.raises(errors.RewardNotOffered):
            give(tier, "loyal for years")
    assert changes(house, member) == []
    assert give("gold", "loyal for years") == Moved("classic", "gold")
    assert give("silver", "by mistake") == Moved("gold", "gold")
    with house.books.db.read() as tx:
        (change,) = repository.changes(tx, member)
    assert change.reasons == [{"kind": "staff-grant", "by": "zhou", "reason": "loyal for years"}]


def test_a_refund_undoes_no_tier_that_staff_gave(house: House) -> None:
    member = house.member()
    told = house.bill(member, 700_000)
    house.book(told)
    house.books.db.run(
        lambda tx: tiers.grant(tx, member, "gold", by="zhou", reason="x", now=house.now, new_id=house.books.new_id)
    )
    house.give_back(house.refund(told))
    assert house.row(member).tier == "gold"


def pay(house: House, member: str, command: str) -> Moved:
    return house.books.db.run(
        lambda tx: tiers.pay(tx, member, "silver", command=command, now=house.now, new_id=house.books.new_id)
    )


def test_a_tier_is_paid_with_points_once_for_each_command(house: House) -> None:
    member = house.member()
    with pytest.raises(errors.NotEnoughPoints):
        pay(house, member, "c1")
    house.book(house.bill(member, 100_000))
    assert pay(house, member, "c1") == Moved("classic", "silver")
    assert pay(house, member, "c1") == Moved("classic", "silver")
    assert house.points(member) == (200, 1000, 0)
    with pytest.raises(errors.TierTooLow):
        pay(house, member, "c2")
    assert house.faults() == []


def test_a_paid_tier_can_be_given_back_for_its_hours(house: House) -> None:
    member = house.member()
    house.book(house.bill(member, 100_000))
    pay(house, member, "c1")

    def back(tx: Tx) -> Moved:
        return tiers.take_payment_back(tx, "c1", now=house.now, new_id=house.books.new_id)

    house.now += timedelta(hours=24)
    assert house.books.db.run(back) == Moved("silver", "classic")
    assert house.points(member) == (1000, 1000, 0)
    with pytest.raises(errors.NotFound):
        house.books.db.run(back)
    pay(house, member, "c2")
    house.now += timedelta(hours=25)
    with pytest.raises(errors.LimitReached):
        house.books.db.run(lambda tx: tiers.take_payment_back(tx, "c2", now=house.now, new_id=house.books.new_id))
    assert house.faults() == []


def test_a_night_twice_moves_a_member_once(house: House) -> None:
    house.at(DAY)
    member = house.member()
    house.book(house.bill(member, 2_600_000))
    house.at(DAY + timedelta(days=381))
    first = tiers_case(house, member)
    for _ in range(2):
        runner.run_by_hand(house.parts, "tiers")
    assert first == "down"
    assert changes(house, member) == [("up", "classic", "diamond"), ("down", "diamond", "gold")]


def tiers_case(house: House, member: str) -> str:
    with house.books.db.read() as tx:
        found = tiers.case(tx, member, house.now)
    assert found is not None
    return found.verdict.move


def test_a_vehicle_is_known_by_what_came_last_whatever_order_it_came_in(house: House) -> None:
    first, second = house.member(), house.member()
    seen = [
        (first, DAY, 1000, True),
        (first, DAY + timedelta(days=100), 9000, False),
        (second, DAY + timedelta(days=300), 12_000, False),
    ]
    for number, order in enumerate(((0, 1, 2), (2, 1, 0), (1, 2, 0))):
        for place in order:
            member, day, km, here = seen[place]
            at = house.now + (day - DAY)
            with house.books.db.write() as tx:
                tiers.vehicle_seen(tx, f"V{number}", member, at=at, mileage_km=km, bought_here=here)
        with house.books.db.read() as tx:
            row = repository.vehicle(tx, f"V{number}")
        assert (row.member, row.owned_since, row.bought_here) == (second, house.now + timedelta(days=300), False)


def test_a_move_books_nothing(house: House) -> None:
    member = house.member()
    house.book(house.bill(member, 700_000))
    assert changes(house, member) == [("up", "classic", "silver")]
    with house.books.db.read() as tx:
        assert ledger.balances(tx, member, house.today).points == 7000
        assert tx.scalar(select(func.count()).where(ledger_entries.c.member == member)) == 1


def test_what_moves_points_or_tier_is_told_to_the_devices(house: House) -> None:
    """Also by a command whose id is as long as ids may be."""
    member, other = house.member(), house.member()
    house.book(house.bill(member, 100_000))
    command = "c" * 64
    acts: list[Callable[[Tx], object]] = [
        lambda tx: tiers.pay(tx, member, "silver", command=command, now=house.now, new_id=house.books.new_id),
        lambda tx: tiers.take_payment_back(tx, command, now=house.now, new_id=house.books.new_id),
        lambda tx: tiers.grant(tx, other, "gold", by="li", reason="VIP", now=house.now, new_id=house.books.new_id),
    ]
    for act in acts:
        house.books.db.run(act)
    with house.books.db.read() as tx:
        noted = [row.entity_id for row in tx.rows(select(feed_due).order_by(feed_due.c.id))]
    assert noted == [member, member, other]
    assert house.points(member) == (1000, 1000, 0)
