"""A card that was begun and cannot be written for its kind: the permit ends at once and the blank stays in stock, on both databases (N6)."""

import pytest
from sqlalchemy import select

from central_api.cards.tables import card_permits
from central_api.lifecycle.tables import card_issues
from club.wire import staff_mode as wire
from nfc.issuing.authority import AuthorityRefused
from tests.central_api.cards.test_runs import a_blank
from tests.central_api.device_api.test_staff_mode import BLANK_UID, LI, OTHER_UID, Desk, acts, staff_card
from tests.support.central import Club, code_of, new_id, read


@pytest.fixture
def desk(club: Club) -> Desk:
    """Li in staff mode at the first kiosk."""
    return Desk(club, club.device()).entered()


def drop(desk: Desk, issue: str) -> wire.CardNow:
    return read(desk.ask(f"issues/{issue}/drop", wire.DropIssue(reason="other-kind")), wire.CardNow)


def permits(club: Club) -> list[tuple[int, bool]]:
    """Of each: how many cards are left, and whether it still holds."""
    with club.context.db.read() as tx:
        rows = tx.rows(select(card_permits.c.left, card_permits.c.until).order_by(card_permits.c.made_at))
        return [(row.left, row.until > club.clock.now()) for row in rows]


def test_the_permit_ends_at_once_and_nothing_is_written_by_it(club: Club, desk: Desk) -> None:
    begun = read(desk.begin(), wire.Issue)
    assert permits(club) == [(1, True)]
    club.clock.forward(1)
    assert drop(desk, begun.issue_id) == wire.CardNow(card_id=begun.card_id, state="stock")
    assert permits(club) == [(0, False)]
    for uid in (BLANK_UID, OTHER_UID):
        with pytest.raises(AuthorityRefused):
            desk.write(a_blank(uid))
    facts = {"kiosk": "kiosk-1", "staff_card": staff_card(club), "reason": "other-kind"}
    assert acts(club, "card.not-written") == [(f"staff:{LI}", "card.not-written", facts)]


def test_said_again_it_changes_nothing(club: Club, desk: Desk) -> None:
    begun = read(desk.begin(), wire.Issue)
    first = drop(desk, begun.issue_id)
    with club.context.db.read() as tx:
        before = tx.rows(select(card_issues))
    club.clock.forward(5)
    assert drop(desk, begun.issue_id) == first
    with club.context.db.read() as tx:
        assert tx.rows(select(card_issues)) == before
    assert len(acts(club, "card.not-written")) == 1


def test_what_was_given_up_is_neither_gone_on_with_nor_ended_and_the_card_is_begun_anew(desk: Desk) -> None:
    begun = read(desk.begin(), wire.Issue)
    drop(desk, begun.issue_id)
    assert code_of(desk.begin(issue=begun.issue_id)) == "idempotency_conflict"
    issued = desk.issued(a_blank(BLANK_UID))
    assert (issued.state, issued.card_id) == ("done", begun.card_id)
    run = new_id()
    assert code_of(desk.end(begun.issue_id, run)) == "not_found"


def test_an_issued_card_is_not_given_up(club: Club, desk: Desk) -> None:
    issued = desk.issued(a_blank(BLANK_UID))
    assert drop(desk, issued.issue_id).state == "active"
    assert acts(club, "card.not-written") == []
    assert read(desk.begin(issue=issued.issue_id), wire.Issue).state == "done"


def test_only_the_session_that_began_it_gives_it_up(club: Club, desk: Desk) -> None:
    begun = read(desk.begin(), wire.Issue)
    colleague = Desk(club, club.device("kiosk-2"), "1029").entered()
    wish = wire.DropIssue(reason="other-kind")
    assert code_of(colleague.ask(f"issues/{begun.issue_id}/drop", wish)) == "not_found"
    assert code_of(desk.ask(f"issues/{new_id()}/drop", wish)) == "not_found"
    assert code_of(desk.ask(f"issues/{begun.issue_id}/drop", {"reason": "because"})) == "malformed"
    assert permits(club) == [(1, True)]
    desk.device.send("DELETE", f"/v1/staff-sessions/{desk.session}")
    assert code_of(desk.ask(f"issues/{begun.issue_id}/drop", wish)) == "session_ended"
