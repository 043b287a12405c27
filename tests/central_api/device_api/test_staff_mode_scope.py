"""Staff mode is for people of the kiosk's own store, and a session is its own kiosk's alone (K12, C1)."""

import pytest
from sqlalchemy import select, update

from central_api.cards.tables import card_permits
from central_api.staff.tables import staff
from club.wire import staff_mode as wire
from tests.central_api.device_api.test_staff_mode import LI, WANG_PHONE, Desk
from tests.support.central import Club, code_of, facts_of, read


@pytest.fixture
def desk(club: Club) -> Desk:
    """Li at the first kiosk."""
    return Desk(club, club.device())


def permits(club: Club) -> list[bool]:
    """Of each permit whether a card may still be written by it."""
    now = club.clock.now()
    with club.context.db.read() as tx:
        return [row.left > 0 and row.until > now for row in tx.rows(select(card_permits))]


def test_another_kiosk_ends_neither_a_session_nor_what_is_written_in_it(club: Club, desk: Desk) -> None:
    desk.entered()
    read(desk.begin(), wire.Issue)
    assert permits(club) == [True]
    other = club.device("kiosk-2")
    target = f"/v1/staff-sessions/{desk.session}"
    assert other.send("DELETE", target).status_code == 204
    assert permits(club) == [True]
    assert desk.find(WANG_PHONE).members
    assert desk.device.send("DELETE", target).status_code == 204
    assert permits(club) == [False]
    assert desk.device.send("DELETE", target).status_code == 204


@pytest.mark.parametrize("stores", [[], ["west"]])
def test_who_does_not_work_for_the_kiosks_store_is_refused(club: Club, desk: Desk, stores: list[str]) -> None:
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == LI).values(stores=stores))
    refused = desk.enter()
    assert (code_of(refused), facts_of(refused)["needs"]) == ("not_allowed", "east")
