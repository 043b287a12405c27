"""Two members become one and two again: points with their last days, cards, vouchers, vehicles, and books that stay proved (A9)."""

from datetime import timedelta

import pytest
from sqlalchemy import ForeignKeyConstraint, func, select

from central_api import tables
from central_api.ledger import history, moves
from central_api.ledger import service as ledger
from central_api.ledger.tables import ledger_entries, lot_moves
from central_api.lifecycle import merging
from central_api.lifecycle.tables import merge_items, merges
from central_api.members import search
from central_api.members.tables import members
from central_api.staff.tables import audit
from tests.central_api.lifecycle.pairs import OTHER_PHONE, PHONE, held, merge, proved, undo
from tests.support.hall import Hall


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


def test_every_table_that_names_members_goes_with_them_or_says_why_not() -> None:
    naming = {
        table.name
        for table in tables.metadata.sorted_tables
        for key in table.constraints
        if isinstance(key, ForeignKeyConstraint) and key.referred_table is members
    }
    moved = {table.name for table, _ in merging.CHANGE_HANDS}
    assert naming == moved | set(merging.STAY), "say in lifecycle/merging.py what a merge does with it"
