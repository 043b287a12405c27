"""Refunds take back a bill's own share, wait for bills that come later, and leave debts as the programme says (A4)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from central_api.bills.schemas import BillLine
from central_api.inbox import service as inbox
from central_api.ledger import history
from central_api.ledger.tables import ledger_entries, ledger_postings
from central_api.programme.content import DebtRules
from central_api.programme.tier_rules import StaffGrant, VehiclesOwned
from central_api.tiers import repository as tiers
from club.model import errors
from tests.support import programme_house as club
from tests.support.programme_house import House


def test_half_a_line_takes_half_of_its_points_on_both_tracks(house: House) -> None:
    member = house.member()
    told = house.bill(member, 90_100)
    house.book(told)
    found = house.give_back(house.refund(told, {"1": 45_050}))
    # 901 points for 901 yuan: of what is left, 450.5 yuan, 450 stay.
    assert (found.state, found.points, found.tier_points) == ("booked", 451, 451)
    assert house.points(member) == (450, 450, 0)
    assert house.lots(member) == [("2027-06-30", 450)]
    assert house.faults() == []


def test_many_small_refunds_take_what_one_takes(house: House) -> None:
    first, second = house.member(), house.member()
    whole, parts = house.bill(first, 99_999), house.bill(second, 99_999)
    house.book(whole)
    house.book(parts)
    house.give_back(house.refund(whole, {"1": 60_000}))
    for fen in (1, 29_998, 1, 30_000):
        house.give_back(house.refund(parts, {"1": fen}))
    assert house.points(first) == house.points(second)


def test_a_refund_of_everything_leaves_nothing_bonus_included(house: House) -> None:
    member = house.member()
    told = house.bill(
        member,
        BillLine(line="1", category="accessories", paid_fen=150_050),
        BillLine(line="2", category="activity", points=50),
    )
    assert house.book(told).points == 1500 + 100 + 50
    house.give_back(house.refund(told))
    assert house.points(member) == (0, 0, 0)
    with pytest.raises(errors.Malformed, match="all of it given back"):
        house.give_back(house.refund(told))


def test_the_history_tells_of_a_refund_in_one_movement(house: House) -> None:
    member = house.member()
    told = house.bill(member, 50_000, 30_000)
    house.book(told)
    house.give_back(house.refund(told, at=house.now + timedelta(minutes=1)))
    with house.books.db.read() as tx:
        refund, bill = history.movements(tx, member, house.now - timedelta(days=1), club.ZONE, {})
    assert (bill.points, refund.points, refund.tier_points, refund.paid_fen) == (800, -800, -800, 0)
    assert refund.title.zh == "退款，积分收回"


def test_a_refund_that_comes_first_waits_and_is_booked_with_its_bill(house: House) -> None:
    member = house.member()
    told = house.bill(member, 80_000)
    refund = house.refund(told, {"1": 20_000})
    assert house.give_back(refund).state == "waiting"
    assert house.give_back(refund).state == "waiting"
    house.book(told)
    assert house.points(member) == (600, 600, 0)
    found = house.give_back(refund)
    assert (found.state, found.points) == ("booked", 200)
    assert house.points(member) == (600, 600, 0)


def test_a_waiting_refund_of_more_than_the_bill_is_left_to_staff_and_the_bill_is_booked(house: House) -> None:
    member = house.member()
    told = house.bill(member, 80_000)
    refund = house.refund(told, {"1": 90_000})
    house.give_back(refund)
    house.book(told)
    assert house.points(member) == (800, 800, 0)
    with house.books.db.read() as tx:
        assert [(one.kind, one.facts["bill"]) for one in inbox.open_tasks(tx, "east")] == [
            ("refund-unclear", told.number)
        ]
    with pytest.raises(errors.Malformed, match="1 to 80000 fen"):
        house.give_back(refund)


@pytest.mark.parametrize("lines", [{"1": 80_001}, {"2": 1}, {"1": 0}])
def test_what_the_bill_has_not_is_refused_and_changes_nothing(house: House, lines: dict[str, int]) -> None:
    member = house.member()
    told = house.bill(member, 80_000)
    house.book(told)
    with pytest.raises(errors.Malformed):
        house.give_back(house.refund(told, lines))
    assert house.points(member) == (800, 800, 0)


def test_the_same_number_with_another_content_is_a_conflict(house: House) -> None:
    member = house.member()
    told = house.bill(member, 80_000)
    house.book(told)
    refund = house.refund(told, {"1": 100})
    house.give_back(refund)
    with pytest.raises(errors.IdempotencyConflict):
        house.give_back(club.changed(refund, lines=()))
    assert house.points(member) == (799, 799, 0)


def test_a_refund_told_for_one_store_takes_nothing_of_a_bill_of_another(house: House) -> None:
    told = house.bill(house.member(), 80_000)
    house.book(told)
    refund = house.refund(told)
    with pytest.raises(errors.NotAllowed) as refused:
        house.give_back(club.changed(refund, store="west"))
    assert refused.value.facts == {"needs": "west"}
    assert house.points(told.member)[0] == 800
    assert house.give_back(club.changed(refund, store="east")).points == 800


def test_spent_points_are_owed_and_the_next_bill_pays_them_first(house: House) -> None:
    member = house.member()
    told = house.bill(member, 100_000)
    house.book(told)
    house.spend(member, 800)
    found = house.give_back(house.refund(told))
    assert (found.points, found.owed, found.borne) == (200, 800, 0)
    assert house.points(member) == (0, 0, 800)
    paid = house.book(house.bill(member, 50_000))
    assert (paid.points, paid.debt_paid) == (500, 500)
    assert house.points(member) == (0, 500, 300)
    last = house.bill(member, 40_000)
    assert house.book(last).debt_paid == 300
    assert house.points(member) == (100, 900, 0)
    # The bill that paid the debt is refunded in turn: the member owes what it paid.
    house.give_back(house.refund(last))
    assert house.points(member) == (0, 500, 300)
    assert house.faults() == []


@pytest.mark.parametrize(
    ("rule", "owed", "borne"),
    [
        (DebtRules(rule="owe"), 800, 0),
        (DebtRules(rule="forgive"), 0, 800),
        (DebtRules(rule="owe", most_points=300), 300, 500),
    ],
)
def test_who_bears_what_was_spent_is_the_programmes_choice(
    house: House, rule: DebtRules, owed: int, borne: int
) -> None:
    house.put(club.changed(club.COUNTING, debt=rule), since=house.now - timedelta(days=1))
    member = house.member()
    told = house.bill(member, 100_000)
    house.book(told)
    house.spend(member, 800)
    found = house.give_back(house.refund(told))
    assert (found.owed, found.borne) == (owed, borne)
    assert house.points(member) == (0, 0, owed)
    with house.books.db.read() as tx:
        stores = tx.rows(select(ledger_postings.c.amount).where(ledger_postings.c.account == "store:east:points:borne"))
    assert [row.amount for row in stores] == ([-borne] if borne else [])
    assert house.faults() == []


def test_what_of_the_bill_had_expired_is_not_asked_for(house: House) -> None:
    member = house.member()
    told = house.bill(member, 50_000)
    house.book(told)
    house.books.today = date(2027, 7, 1)
    house.books.expire(member)
    house.now += timedelta(days=500)
    found = house.give_back(house.refund(told, at=house.now))
    assert (found.points, found.expired, found.owed, found.tier_points) == (0, 500, 0, 500)
    assert house.points(member) == (0, 0, 0)


def test_an_upgrade_goes_with_the_bill_that_brought_it(house: House) -> None:
    member = house.member()
    small, large = house.bill(member, 510_000), house.bill(member, 1_000_000)
    assert house.book(small).tier == "silver"
    assert house.book(large).tier == "gold"
    assert house.give_back(house.refund(large)).tier == "silver"
    assert house.give_back(house.refund(small)).tier == "classic"


def test_an_upgrade_stays_when_something_else_carries_it(house: House) -> None:
    member = house.member()
    first, second = house.bill(member, 510_000), house.bill(member, 520_000)
    house.book(first)
    house.book(second)
    assert house.give_back(house.refund(first)).tier == "silver"
    assert house.row(member).tier == "silver"


def test_cars_count_for_a_tier_until_they_go_back(house: House) -> None:
    owner = club.changed(club.LADDER.rungs[3], any_of=(VehiclesOwned(at_least=2, bought_here=True),))
    ladder = club.changed(
        club.LADDER,
        rungs=(
            *club.LADDER.rungs[:1],
            club.changed(club.LADDER.rungs[1], any_of=(StaffGrant(),)),
            club.changed(club.LADDER.rungs[2], any_of=(StaffGrant(),)),
            owner,
        ),
    )
    house.put(club.changed(club.COUNTING, ladder=ladder), since=house.now - timedelta(days=1))
    member = house.member()
    cars = [
        house.bill(member, BillLine(line="1", category="vehicle", paid_fen=20_000_000, vehicle=f"V{n}")) for n in (1, 2)
    ]
    assert [house.book(one).tier for one in cars] == ["classic", "diamond"]
    assert house.give_back(house.refund(cars[0], {"1": 1_000_000})).tier == "diamond"  # a part of the price only
    assert house.give_back(house.refund(cars[0])).tier == "classic"


def test_a_renewal_goes_with_its_bill_unless_another_one_is_enough(house: House) -> None:
    member = house.member()
    line = BillLine(line="1", category="insurance", paid_fen=320_000)
    first, second = house.bill(member, line), house.bill(member, line)
    house.book(first)
    house.book(second)
    house.give_back(house.refund(first))
    assert house.row(member).valid_to == date(2027, 12, 31)
    house.give_back(house.refund(second, {"1": 50_000}))
    assert house.row(member).valid_to == date(2026, 12, 31)


def test_new_rules_take_no_renewal_back(house: House) -> None:
    """The renewal was enough when it was made; a refund of something else does not judge it by what is asked for by now."""
    member = house.member()
    told = house.bill(member, BillLine(line="1", category="insurance", paid_fen=320_000))
    other = house.bill(member, 10_000)
    house.book(told)
    house.book(other)
    dearer = club.changed(club.RENEWAL, insurance_at_least_fen=400_000)
    house.put(club.changed(house.rules, renewal=dearer), house.now + timedelta(hours=1))
    house.now += timedelta(days=1)
    house.give_back(house.refund(other))
    assert house.row(member).valid_to == date(2027, 12, 31)
    house.give_back(house.refund(told, {"1": 50_000}))
    assert house.row(member).valid_to == date(2026, 12, 31)


def test_every_entry_of_a_refund_names_the_entry_it_takes_back(house: House) -> None:
    member = house.member()
    told = house.bill(member, 50_000, BillLine(line="2", category="accessories", paid_fen=100_000))
    house.book(told)
    house.give_back(house.refund(told))
    with house.books.db.read() as tx:
        rows = tx.rows(select(ledger_entries).where(ledger_entries.c.member == member))
    booked = {row.id for row in rows if row.kind in ("bill", "bonus")}
    assert {row.reverses for row in rows if row.kind == "adjust"} == booked
    assert len(booked) == 3


@pytest.mark.parametrize(
    "spoiled",
    [
        'UPDATE point_debts SET "left" = "left" - 1',
        'UPDATE point_debts SET points = points + 900, "left" = "left" + 900',
        "UPDATE point_debts SET entry = 'nowhere'",
    ],
)
def test_a_debt_that_was_changed_by_hand_is_found_by_the_proof(house: House, spoiled: str) -> None:
    member = house.member()
    told = house.bill(member, 100_000)
    house.book(told)
    house.spend(member, 800)
    house.give_back(house.refund(told))
    house.book(house.bill(member, 50_000))
    faults, proved = house.books.proof()
    assert (faults, proved.debts) == ([], 1)
    house.books.spoil(spoiled)
    assert {fault.code for fault in house.books.proof()[0]} == {"debt-wrong"}


def test_a_car_that_was_billed_anew_stays_the_members_when_the_old_bill_is_refunded(house: House) -> None:
    """A corrected bill: the new one may be told before the refund of the old one, or after."""
    kept = []
    for place, refund_first in enumerate((True, False)):
        member = house.member()
        car = BillLine(line="1", category="vehicle", paid_fen=20_000_000, vehicle=f"V-{place}")
        wrong, right = house.bill(member, car), house.bill(member, car)
        house.book(wrong)
        if refund_first:
            house.give_back(house.refund(wrong))
        house.book(right)
        if not refund_first:
            house.give_back(house.refund(wrong))
        with house.books.db.read() as tx:
            kept.append([(row.vehicle, row.bought_here) for row in tiers.vehicles_of(tx, [member])[member]])
        house.give_back(house.refund(right))
        with house.books.db.read() as tx:
            assert tiers.vehicles_of(tx, [member])[member] == []
    assert kept == [[("V-0", True)], [("V-1", True)]]
