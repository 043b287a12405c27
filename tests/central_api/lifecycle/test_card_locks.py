"""Who handles cards locks rows in one order, and keeps nobody waiting who only names a card."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from central_api.cards import pins
from central_api.cards.tables import card_sessions, cards
from central_api.db import Database, Tx
from central_api.lifecycle import card_desk, repository
from central_api.members import repository as members
from tests.support.books import Books
from tests.support.central import WANG, Club, a_redeem, code_of
from tests.support.hall import PIN_HASH, Hall, furnish
from tests.support.wait import until


@pytest.fixture
def hall_on_postgresql(books_on_postgresql: Books, tmp_path: Path) -> Hall:
    """Empty books with keys and vault on PostgreSQL."""
    return furnish(tmp_path / "keys", books_on_postgresql)


def waits(db: Database) -> bool:
    return waiting(db) > 0


def waiting(db: Database) -> int:
    """How many connections wait for a row that another one has."""
    with db.read() as tx:
        found = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return int(tx.connection.exec_driver_sql(found).scalar_one())


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
        until(lambda: waits(hall.db), "the desk to wait for the member", within_s=60)
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


@pytest.mark.parametrize("club", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_a_step_up_waits_for_the_pin_without_its_session_in_hand(club: Club) -> None:
    """Who sets a PIN anew then ends the card's sessions: the other way round each would wait for the other."""
    device, db = club.device(), club.context.db
    command = a_redeem(device.session(club.card()))
    club.clock.forward(60)  # a session's use is written again
    answers: list[str] = []
    kiosk = threading.Thread(target=lambda: answers.append(code_of(device.step_up(command, club.demo.pins[WANG]))))
    desk = card_desk.Desk(club.context.vault, club.context.keyring, "staff:1001", club.clock.now())
    with db.write() as tx:
        pins.set_hash(tx, f"card-{WANG}", PIN_HASH, desk.now)
        kiosk.start()
        until(lambda: waits(db), "the step-up to wait for the PIN", within_s=60)
        open_ones = select(card_sessions.c.id).where(card_sessions.c.id == command.session_id)
        assert len(tx.rows(open_ones.with_for_update(nowait=True))) == 1
        repository.end_sessions(tx, desk.now, card_id=f"card-{WANG}")
    kiosk.join(60)
    assert answers == ["session_ended"]
