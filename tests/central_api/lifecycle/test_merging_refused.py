"""Who is not merged, and what is waited for (A9)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from central_api.ledger import debts
from central_api.ledger import repository as ledger_queries
from central_api.ledger.tables import lots
from central_api.lifecycle import leaving
from central_api.members.tables import members
from central_api.rewards import holds
from club.model import errors
from tests.central_api.lifecycle.pairs import merge, proved, undo
from tests.support.books import NOW
from tests.support.hall import Hall


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


def test_whoever_waits_for_activation_is_not_merged(hall: Hall, two: tuple[str, str]) -> None:
    """Merged into, they would be active without their code, and lapse with somebody's points seven days later."""
    source, target = two
    with hall.db.write() as tx:
        tx.execute(members.update().where(members.c.id == target).values(status="pending"))
    for pair in ((source, target), (target, source)):
        with pytest.raises(errors.MergeRefused) as refused:
            merge(hall, *pair)
        assert refused.value.facts == {"reason": "pending"}


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
