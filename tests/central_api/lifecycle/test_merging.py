"""Two members become one and two again: points with their last days, cards, vouchers, vehicles, and books that stay proved (A9)."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ForeignKeyConstraint, func, insert, select

from central_api import tables
from central_api.ledger import debts, history, moves
from central_api.ledger import repository as ledger_queries
from central_api.ledger import service as ledger
from central_api.ledger.tables import ledger_entries, lot_moves, lots
from central_api.lifecycle import leaving, merging
from central_api.lifecycle.tables import merge_items, merges
from central_api.members import search
from central_api.members.personal import Details
from central_api.members.tables import members
from central_api.rewards import holds
from central_api.rewards import tables as rewards
from central_api.staff.tables import audit
from club.model import errors
from tests.support.books import NOW
from tests.support.hall import PROGRAMME, Hall
from tests.support.programme_house import House

PHONE, OTHER_PHONE = "13800006621", "13900000438"


def merge(hall: Hall, source: str, target: str) -> merging.Merged:
    """Merge two members."""
    return hall.db.run(lambda tx: merging.merge(tx, hall.merges, PROGRAMME, source, target, reason="two-cards"))


def undo(hall: Hall, merge_id: str) -> merging.Merged:
    """Undo a merge."""
    return hall.db.run(lambda tx: merging.undo(tx, hall.merges, merge_id))


def held(hall: Hall, member: str) -> dict[str, Any]:
    """All that a member has: balances, lots by their last days, and the rows that name them."""
    with hall.db.read() as tx:
        balances = ledger.balances(tx, member, hall.books.today, 100)
        mine = {
            table.name: sorted(
                map(str, tx.connection.execute(select(*table.primary_key.columns).where(holder == member)).scalars())
            )
            for table, holder in merging.CHANGE_HANDS
        }
        row = tx.first(select(members).where(members.c.id == member))
        own = {
            lot.id: (lot.expires, lot.earned_at, lot.left)
            for lot in tx.rows(select(lots).where(lots.c.member == member))
        }
        found = {"row": tuple(row), "balances": balances, **mine}
    return {**found, "lots": {name: lot for name, lot in own.items() if lot[2]}}


def proved(hall: Hall) -> None:
    """Nothing is wrong with the books, sealed or not."""
    assert [str(fault) for fault in hall.books.proof()[0]] == []


def voucher(hall: Hall, member: str) -> str:
    """A voucher in a member's hands."""
    with hall.db.write() as tx:
        if tx.first(select(rewards.rewards)) is None:
            tx.execute(insert(rewards.reward_categories).values(slug="care", name={}, position=0))
            reward = {"slug": "wash", "category": "care", "type": "service", "points": 50, "value_fen": 0}
            more = {
                "sold_out": False,
                "limit_per": "",
                "limit_times": 0,
                "valid_days": 30,
                "starts": NOW,
                "position": 0,
            }
            tx.execute(insert(rewards.rewards).values(**reward, **more, content={}))
        name = hall.books.new_id()
        code = name[-6:]
        values = {"id": name, "code": code, "member": member, "reward": "wash", "number": 1, "state": "issued"}
        tx.execute(insert(rewards.vouchers).values(**values, issued_at=NOW, valid_to=hall.books.today))
    return name


@pytest.fixture
def two(hall: Hall) -> tuple[str, str]:
    """Two members who are one person: points, tier points, a card, a voucher and a vehicle each."""
    first = hall.member(Details("砚舟", PHONE), plates=("沪C·12345",))
    second = hall.member(Details("砚舟", OTHER_PHONE), plates=("沪A·D12345", "沪B·54321"))
    for member, points in ((first, 300), (second, 500)):
        hall.books.earn(member, points, points, days=10)
        hall.books.earn(member, points * 2, 0, days=90)
        hall.card(member)
        voucher(hall, member)
    hall.books.spend(first, 100)
    return first, second


def test_a_merge_moves_what_is_left_with_its_last_days(hall: Hall, two: tuple[str, str]) -> None:
    source, target = two
    before, other = held(hall, source), held(hall, target)
    done = merge(hall, source, target)
    after = held(hall, target)
    assert (done.points, done.tier_points) == (800, 300)
    assert (after["balances"].points, after["balances"].tier_points) == (2300, 800)
    assert sorted(after["lots"].values()) == sorted([*before["lots"].values(), *other["lots"].values()])
    for table in ("cards", "vouchers", "vehicles"):
        assert after[table] == sorted(before[table] + other[table])
    left = held(hall, source)
    assert (left["balances"].points, left["balances"].tier_points, left["lots"], left["cards"]) == (0, 0, {}, [])
    proved(hall)
    hall.books.seal()
    proved(hall)


def test_both_entries_name_the_merge_and_each_other(hall: Hall, two: tuple[str, str]) -> None:
    source, target = two
    name = merge(hall, source, target).merge
    with hall.db.read() as tx:
        rows = tx.rows(select(ledger_entries).where(ledger_entries.c.category == moves.MERGE))
    assert {(row.member, row.kind, row.facts["merge"], row.facts["with"]) for row in rows} == {
        (source, "adjust", name, target),
        (target, "adjust", name, source),
    }


def test_who_was_merged_is_found_by_what_they_were_and_shown_as_what_they_are(hall: Hall, two: tuple[str, str]) -> None:
    source, target = two
    merge(hall, source, target)
    with hall.db.read() as tx:
        for query in (PHONE, OTHER_PHONE, "沪c12345", source, "王砚舟"):
            assert [hit.id for hit in search.find(tx, hall.vault, query)] == [target], query
        assert search.current(tx, source) == target


def test_the_history_of_both_is_read_as_one_and_the_merge_is_no_movement(hall: Hall, two: tuple[str, str]) -> None:
    source, target = two
    start = history.since(hall.books.at, "Asia/Shanghai")

    def told(member: str) -> list[tuple[str, int]]:
        with hall.db.read() as tx:
            found = history.movements(tx, member, start, "Asia/Shanghai", {})
        return sorted((movement.kind, movement.points) for movement in found)

    before = told(source), told(target)
    name = merge(hall, source, target).merge
    assert told(target) == sorted([*before[0], *before[1]])
    undo(hall, name)
    assert (told(source), told(target)) == before


def test_undoing_at_once_leaves_everything_as_before(hall: Hall, two: tuple[str, str]) -> None:
    source, target = two
    before = held(hall, source), held(hall, target)
    done = merge(hall, source, target)
    assert undo(hall, done.merge) == done
    assert (held(hall, source), held(hall, target)) == before
    proved(hall)
    with hall.db.read() as tx:
        assert [hit.id for hit in search.find(tx, hall.vault, "沪C·12345")] == [source]
        acts = [
            row.act for row in tx.rows(select(audit).where(audit.c.subject == f"member:{target}").order_by(audit.c.id))
        ]
    assert acts == ["member.merge", "member.undo-merge"]


def test_what_was_spent_meanwhile_stays_spent_and_what_was_earned_stays(hall: Hall, two: tuple[str, str]) -> None:
    source, target = two
    done = merge(hall, source, target)
    hall.books.earn(target, 40, 40, days=5)
    hall.books.spend(target, 40 + 200 + 500 + 100)  # all that ends in 10 days, and 100 of what lasts longer
    with hall.db.read() as tx:
        total = ledger.balances(tx, target, hall.books.today).points
    back = undo(hall, done.merge)
    rest = held(hall, source)["balances"].points
    assert back.points == rest <= 800
    assert rest + held(hall, target)["balances"].points == total == 800 + 1500 + 40 - 840
    assert held(hall, target)["balances"].tier_points == 540
    proved(hall)


def test_a_cancelled_redemption_of_before_fills_its_lots_and_goes_on_to_the_member_of_now(
    hall: Hall, two: tuple[str, str]
) -> None:
    source, target = two
    spent = hall.books.spend(source, 250)  # 200 that end in 10 days, 50 that last longer
    name = merge(hall, source, target).merge
    before = held(hall, target)["balances"].points
    assert hall.books.give_back(spent).points == 250
    assert held(hall, source)["balances"].points == 0
    assert held(hall, target)["balances"].points == before + 250
    proved(hall)
    undo(hall, name)
    assert held(hall, source)["balances"].points == 800
    proved(hall)


def test_a_refunded_bill_of_before_is_paid_out_of_the_lots_that_go_on_its_own(hall: Hall) -> None:
    source, target = hall.member(), hall.member()
    bill = hall.books.earn(source, 400, 400, days=90)
    hall.books.earn(target, 1000, 0, days=10)
    hall.books.spend(source, 100)
    merge(hall, source, target)
    back = hall.books.take_back(bill, 350, 400)
    assert (back.points, back.tier_points, back.expired, back.short) == (350, 400, 0, 0)
    assert held(hall, target)["balances"].points == 1000 + 300 - 350
    lasting = [lot for lot in held(hall, target)["lots"].values() if lot[0] == hall.books.today + timedelta(days=90)]
    assert lasting == [], "first the lot that goes on the bill's own"
    assert held(hall, target)["balances"].tier_points == 0
    with pytest.raises(ValueError, match="at most 50 points"):
        hall.books.take_back(bill, 51)
    proved(hall)


def test_a_refund_after_moved_points_expired_does_not_ask_for_them_again(hall: Hall) -> None:
    source, target = hall.member(), hall.member()
    bill = hall.books.earn(source, 400, 0, days=5)
    hall.books.earn(target, 1000, 0, days=90)
    merge(hall, source, target)
    hall.books.today += timedelta(days=6)
    hall.books.expire(target)
    back = hall.books.take_back(bill, 400)
    assert (back.points, back.expired, back.short) == (0, 400, 0)
    assert held(hall, target)["balances"].points == 1000
    proved(hall)


def test_a_chain_of_merges_is_undone_from_its_end(hall: Hall) -> None:
    first, second, third = hall.member(), hall.member(), hall.member()
    bill = hall.books.earn(first, 100, 100, days=30)
    early = merge(hall, first, second)
    late = merge(hall, second, third)
    assert held(hall, third)["balances"].points == 100
    assert hall.books.take_back(bill, 10, 10).short == 0
    with hall.db.read() as tx:
        assert search.current(tx, first) == third
    with pytest.raises(errors.MergeRefused) as refused:
        undo(hall, early.merge)
    assert refused.value.facts == {"reason": "closed"}
    assert (undo(hall, late.merge).points, undo(hall, early.merge).points) == (90, 90)
    assert [held(hall, member)["balances"].points for member in (first, second, third)] == [90, 0, 0]
    assert [held(hall, member)["balances"].tier_points for member in (first, second, third)] == [90, 0, 0]
    proved(hall)


def test_whoever_owes_points_is_not_merged_away(hall: Hall, two: tuple[str, str]) -> None:
    """The debt would be nobody's; merged the other way round it stays with whom it is paid by."""
    source, target = two
    with hall.db.write() as tx:
        earned = tx.scalar(select(lots.c.entry).where(lots.c.member == source).limit(1))
        ledger_queries.add_debt(tx, earned, source, 70, NOW)
    with pytest.raises(errors.MergeRefused) as refused:
        merge(hall, source, target)
    assert refused.value.facts == {"reason": "debt"}
    merge(hall, target, source)
    with hall.db.read() as tx:
        assert debts.owed(tx, source) == 70


def test_who_cannot_be_merged(hall: Hall, two: tuple[str, str]) -> None:
    source, target = two
    company = hall.member()
    with hall.db.write() as tx:
        tx.execute(members.update().where(members.c.id == company).values(kind="company"))
    for pair, reason in (((source, source), "same"), ((source, company), "kind")):
        with pytest.raises(errors.MergeRefused) as refused:
            merge(hall, *pair)
        assert refused.value.facts == {"reason": reason}
    name = merge(hall, source, target).merge
    with pytest.raises(errors.MergeRefused, match="closed"):
        merge(hall, source, target)
    undo(hall, name)
    with pytest.raises(errors.MergeRefused, match="undone before"):
        undo(hall, name)
    for missing in (("nobody", target), (target, "nobody")):
        with pytest.raises(errors.NotFound):
            merge(hall, *missing)
    with pytest.raises(errors.NotFound):
        undo(hall, "no-merge")
    proved(hall)


def test_a_payment_under_way_at_a_till_is_waited_for(hall: Hall, two: tuple[str, str]) -> None:
    source, target = two

    def hold(member: str) -> None:
        with hall.db.write() as tx:
            holds.place(
                tx,
                member,
                100,
                reference=hall.books.new_id(),
                store="east",
                today=hall.books.today,
                now=hall.books.at,
                until=hall.books.at + timedelta(minutes=5),
                new_id=hall.books.new_id,
            )

    hold(source)
    with pytest.raises(errors.MergeRefused) as refused:
        merge(hall, source, target)
    assert refused.value.facts == {"reason": "hold"}
    with pytest.raises(errors.StillHolds) as held_for:
        hall.db.run(
            lambda tx: leaving.leave(
                tx, hall.keyring, source, gives_up=True, by="x", now=hall.books.at, new_id=hall.books.new_id
            )
        )
    assert held_for.value.facts["held"] == 100
    hall.books.today += timedelta(days=1)
    name = merge(hall, source, target).merge
    hold(target)
    with pytest.raises(errors.MergeRefused, match="held for one"):
        undo(hall, name)
    hall.books.today += timedelta(days=1)
    assert undo(hall, name).points == 800
    proved(hall)


def test_bills_and_refunds_of_whoever_was_merged_are_the_targets(house: House) -> None:
    source, target = house.member(), house.member()
    early = house.bill(source, 50_000)
    house.book(early)
    desk = merging.Desk(house.keyring, "staff:1001", house.now, house.books.new_id)
    with house.books.db.write() as tx:
        merging.merge(tx, desk, PROGRAMME, source, target, reason="two-cards")
    before = house.points(target)
    house.book(house.bill(source, 10_000))
    after = house.points(target)
    assert after[0] > before[0], "a bill under the old number earns for the member of now"
    assert house.points(source)[0] == 0
    with house.books.db.read() as tx:
        assert len(ledger_queries.purchases_of(tx, target)) == 2, "what both bought counts for tiers"
    back = house.give_back(house.refund(early))
    assert (back.owed, back.borne) == (0, 0)
    assert house.points(target)[0] == after[0] - before[0]
    assert house.faults() == []


def test_a_merge_that_fails_leaves_nothing(hall: Hall, two: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = two
    before = held(hall, source), held(hall, target)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the power failed")

    monkeypatch.setattr("central_api.staff.audit.record", broken)
    with pytest.raises(RuntimeError, match="power failed"):
        merge(hall, source, target)
    assert (held(hall, source), held(hall, target)) == before
    with hall.db.read() as tx:
        assert [tx.scalar(select(func.count()).select_from(table)) for table in (merges, merge_items, lot_moves)] == [
            0
        ] * 3
    proved(hall)


def test_the_better_of_both_stays_and_undoing_puts_it_back(hall: Hall, two: tuple[str, str]) -> None:
    source, target = two
    longer = hall.books.today + timedelta(days=400)
    with hall.db.write() as tx:
        tx.execute(members.update().where(members.c.id == source).values(tier="gold", valid_to=longer))
    name = merge(hall, source, target).merge
    with hall.db.read() as tx:
        row = tx.first(select(members).where(members.c.id == target))
    assert (row.tier, row.valid_to) == ("gold", longer)
    with hall.db.write() as tx:
        tx.execute(members.update().where(members.c.id == target).values(valid_to=longer + timedelta(days=365)))
    undo(hall, name)
    with hall.db.read() as tx:
        row = tx.first(select(members).where(members.c.id == target))
    assert (row.tier, row.valid_to) == ("classic", longer + timedelta(days=365)), "a renewal of meanwhile stays"


@pytest.mark.parametrize("swapped", [False, True])
def test_redemptions_that_race_with_a_merge_spend_each_point_once(hall: Hall, swapped: bool) -> None:
    source, target = hall.member(), hall.member()
    if swapped:
        source, target = target, source
    for member in (source, target):
        hall.books.earn(member, 100, 0, days=30)
    spent: list[int] = []
    merged: list[str] = []
    start = threading.Barrier(9)

    def spend(member: str) -> None:
        start.wait(30)
        for _ in range(6):
            try:
                hall.books.spend(member, 10)
                spent.append(10)
            except errors.NotEnoughPoints:
                continue

    def join() -> None:
        start.wait(30)
        merged.append(merge(hall, source, target).merge)

    threads = [threading.Thread(target=spend, args=(member,)) for member in (source, target) * 4]
    threads.append(threading.Thread(target=join))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(merged) == 1
    left = held(hall, target)["balances"].points
    assert held(hall, source)["balances"].points == 0
    assert sum(spent) + left == 200
    proved(hall)


def test_two_merges_that_race_happen_once(hall: Hall) -> None:
    first, second = hall.member(), hall.member()
    hall.books.earn(first, 70, 0)
    hall.books.earn(second, 30, 0)
    done: list[merging.Merged | errors.ClubError] = []
    start = threading.Barrier(2)

    def join(source: str, target: str) -> None:
        start.wait(30)
        try:
            done.append(merge(hall, source, target))
        except errors.MergeRefused as refused:
            done.append(refused)

    threads = [threading.Thread(target=join, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(type(one).__name__ for one in done) == ["MergeRefused", "Merged"]
    assert held(hall, first)["balances"].points + held(hall, second)["balances"].points == 100
    proved(hall)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["earn", "spend", "expire", "give-back", "take-back"]), st.integers(0, 1), st.integers(1, 90)
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=ACTS, between=ACTS, after=ACTS)
def test_whatever_happens_before_between_and_after_the_books_stay_proved(
    hall: Hall,
    before: list[tuple[str, int, int]],
    between: list[tuple[str, int, int]],
    after: list[tuple[str, int, int]],
) -> None:
    today = hall.books.today
    pair = hall.member(), hall.member()
    earned: list[str] = []
    spent: list[str] = []
    quiet: tuple[dict[str, Any], ...] = ()
    name = ""
    for acts, then in ((before, "merge"), (between, "undo"), (after, "")):
        for act, who, number in acts:
            _act(hall, act, pair[who], number, earned, spent)
        if then == "merge":
            quiet = held(hall, pair[0]), held(hall, pair[1])
            name = merge(hall, *pair).merge
            assert held(hall, pair[0])["lots"] == {}
        elif then == "undo":
            undo(hall, name)
            if not between:
                assert (held(hall, pair[0]), held(hall, pair[1])) == quiet
        proved(hall)
    hall.books.today = today


def _act(hall: Hall, act: str, member: str, number: int, earned: list[str], spent: list[str]) -> None:
    books = hall.books
    with hall.db.read() as tx:
        member = search.current(tx, member)
    try:
        if act == "earn":
            earned.append(books.earn(member, number * 10, number, days=number))
        elif act == "spend":
            spent.append(books.spend(member, number))
        elif act == "give-back" and spent:
            books.give_back(spent.pop(number % len(spent)))
        elif act == "take-back" and earned:
            books.take_back(earned[number % len(earned)], number, number % 2)
        elif act == "expire":
            books.today += timedelta(days=number % 20)
            books.expire(member)
    except (errors.NotEnoughPoints, ValueError):
        return


def test_every_table_that_names_members_goes_with_them_or_says_why_not() -> None:
    naming = {
        table.name
        for table in tables.metadata.sorted_tables
        for key in table.constraints
        if isinstance(key, ForeignKeyConstraint) and key.referred_table is members
    }
    moved = {table.name for table, _ in merging.CHANGE_HANDS}
    assert naming == moved | set(merging.STAY), "say in lifecycle/merging.py what a merge does with it"
