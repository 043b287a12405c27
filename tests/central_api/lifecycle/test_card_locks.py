"""Who handles cards locks rows in one order, and keeps nobody waiting who only names a card."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from central_api.cards.tables import cards
from central_api.db import Tx
from central_api.lifecycle import card_desk, repository
from central_api.members import repository as members
from tests.support.books import Books
from tests.support.hall import PIN_HASH, Hall, furnish
from tests.support.wait import until


@pytest.fixture
def hall_on_postgresql(books_on_postgresql: Books, tmp_path: Path) -> Hall:
    """Empty books with keys and vault on PostgreSQL."""
    return furnish(tmp_path / "keys", books_on_postgresql)


def waits(hall: Hall) -> bool:
    with hall.db.read() as tx:
        found = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(tx.connection.exec_driver_sql(found).scalar())


@pytest.mark.postgres
@pytest.mark.parametrize("act", ["issue", "replace"])
def test_a_card_waits_for_its_member_and_not_the_other_way_round(hall_on_postgresql: Hall, act: str) -> None:
    hall = hall_on_postgresql
    member, old, new = hall.member(), "", hall.blank()
    old = hall.card(member)
    acts: dict[str, Callable[[Tx], None]] = {
        "issue": lambda tx: card_desk.issue(tx, hall.desk, new, member, PIN_HASH),
        "replace": lambda tx: card_desk.replace(tx, hall.desk, old, new, PIN_HASH),
    }
    desk = threading.Thread(target=lambda: hall.db.run(acts[act]))
    with hall.db.write() as tx:  # as a redemption, or a merge: the member first, then what names the card
        members.find(tx, member, lock=True)
        desk.start()
        until(lambda: waits(hall), "the desk to wait for the member", within_s=60)
        free = select(cards.c.id).where(cards.c.id.in_((old, new))).with_for_update(nowait=True)
        assert len(tx.rows(free)) == 2
    desk.join(60)
    assert not desk.is_alive()
    with hall.db.read() as tx:
        assert tx.scalar(select(cards.c.state).where(cards.c.id == new)) == "active"


@pytest.mark.postgres
def test_a_row_that_names_a_card_does_not_wait_for_who_changes_it(hall_on_postgresql: Hall) -> None:
    hall = hall_on_postgresql
    card = hall.card(hall.member())
    with hall.db.write() as tx, hall.db.write() as other:
        repository.card(tx, card)
        naming = select(cards.c.id).where(cards.c.id == card).with_for_update(read=True, key_share=True, nowait=True)
        assert other.scalar(naming) == card
