"""What a till gives back reaches whoever holds the points by now: somebody merged, or nobody any more (A9, A10, A13)."""

import json

import pytest
from sqlalchemy import select

from central_api import background
from central_api.cards import repository as cards
from central_api.feed.tables import feed_entities
from central_api.ledger import service as ledger
from central_api.ledger.tables import ledger_entries
from central_api.lifecycle import leaving, merging
from central_api.members.tables import members
from central_api.programme import service as programmes
from central_api.staff.tables import audit
from tests.central_api.integrations.test_till import PAYMENTS, points, state, wish
from tests.support.central import WANG, Club, new_id
from tests.support.partner import Partner, a_member_row, partner

OTHER = "m0002"


@pytest.fixture
def till(club: Club) -> Partner:
    """A till that knows 王先生 as K-1001."""
    found = partner(club, "members.read", "members.write", "points.pay", source="till-east", store="east")
    assert found.rows("/v1/dms/members", a_member_row(member=WANG))[0]["result"] == "linked"
    return found


def mirrored(club: Club, member: str) -> set[int]:
    """How many points the devices know of, by any of a member's cards."""
    background.publish_due(club.context)
    with club.context.db.read() as tx:
        home = tx.scalar(select(members.c.home_store).where(members.c.id == member))
        hashes = [club.context.keyring.card_hash(home, card.uid) for card in cards.cards_of(tx, member) if card.uid]
        rows = tx.rows(select(feed_entities.c.payload).where(feed_entities.c.entity_id.in_(hashes)))
    return {int(json.loads(row.payload)["points"]) for row in rows}


def test_devices_learn_what_came_back_to_whom_the_payer_was_merged_into(club: Club, till: Partner) -> None:
    assert till.post(PAYMENTS, wish()).status_code == 200
    assert state(till, act="confirm") == "paid"
    now = club.clock.now()
    desk = merging.Desk(club.context.keyring, "staff:1001", now, new_id)
    club.context.db.run(
        lambda tx: merging.merge(tx, desk, programmes.current(tx, now), WANG, OTHER, reason="two-cards")
    )
    before = points(till)
    assert mirrored(club, OTHER) == {before}
    assert state(till, act="cancel") == "returned"
    assert points(till) == before + 500
    assert mirrored(club, OTHER) == {before + 500}
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []


def test_what_comes_back_to_somebody_who_has_left_is_nobodys(club: Club, till: Partner) -> None:
    assert till.post(PAYMENTS, wish()).status_code == 200
    assert state(till, act="confirm") == "paid"
    club.context.db.run(
        lambda tx: leaving.leave(
            tx, club.context.keyring, WANG, gives_up=True, by="staff:1001", now=club.clock.now(), new_id=new_id
        )
    )
    assert [state(till, act="cancel"), state(till, act="cancel")] == ["returned", "returned"]
    today = club.clock.now().date()
    with club.context.db.read() as tx:
        assert ledger.balances(tx, WANG, today).points == 0
        mine = select(ledger_entries).where(ledger_entries.c.member == WANG, ledger_entries.c.category == "left")
        assert {row.kind for row in tx.rows(mine)} == {"expire"}
        assert ledger.faults(tx) == []


def test_a_payment_whose_time_was_over_is_not_logged_as_cancelled(club: Club, till: Partner) -> None:
    assert till.post(PAYMENTS, wish()).status_code == 200
    club.clock.forward(15 * 60)
    assert [state(till, act="cancel"), state(till)] == ["lapsed", "lapsed"]
    with club.context.db.read() as tx:
        acts = [row.act for row in tx.rows(select(audit).where(audit.c.act.startswith("till.")))]
    assert acts == ["till.reserve"]
