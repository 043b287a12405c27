"""A card that is asked at a tap: real reader service, window, network and database, and the session that opens (N2, N3)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import update

from central_api.cards import keys as card_keys
from central_api.cards.tables import cards
from nfc.protocol import desfire_issue
from nfc.virtual.desfire import Desfire
from tests.support.visit_house import Visitor
from tests.support.wait import until

pytestmark = [pytest.mark.window, pytest.mark.reader, pytest.mark.timeout(150)]

LI = "m0002"
UID = "0444283CC4FBAA"  # entered as desfire-ev3


def issued(key: bytes) -> Desfire:
    """A card of this number under a key."""
    card = Desfire(bytes.fromhex(UID), {})
    plan = desfire_issue.Plan((os.urandom(16), key), 1, b"")
    desfire_issue.issue(lambda command: card.transmit(command) or b"", plan, os.urandom)
    card.power_on()
    return card


@contextmanager
def must_prove(visitor: Visitor) -> Iterator[bytes]:
    """The member's card counts as issued with keys, and has to prove itself; yields its key."""
    own = cards.c.uid == UID
    with visitor.desk() as context, context.db.write() as tx:
        key = card_keys.StoredKeys(tx, context.keyring, context.vault).file_key(1, bytes.fromhex(UID))
        tx.execute(update(cards).where(own).values(assurance="cryptogram"))
    try:
        yield key
    finally:
        with visitor.desk() as context, context.db.write() as tx:
            tx.execute(update(cards).where(own).values(assurance="uid"))


def sessions(visitor: Visitor) -> list[str]:
    return [
        str(row[0]) for row in visitor.all("SELECT assurance FROM card_sessions WHERE member = ? ORDER BY rowid", LI)
    ]


def test_a_desfire_card_proves_itself_at_its_tap(visitor: Visitor) -> None:
    before = sessions(visitor)
    with must_prove(visitor) as key:
        visitor.lay(issued(key))
        visitor.until(lambda now: now["confirmed"], "the member's page")
        until(lambda: len(sessions(visitor)) > len(before), "the session in the books")
        assert sessions(visitor) == [*before, "cryptogram"]
        visitor.leave()
        used = visitor.all("SELECT state FROM card_runs WHERE uid = ? AND purpose = 'prove'", UID)
        assert used[-1] == ("used",)


def test_a_copy_of_its_number_opens_nothing(visitor: Visitor) -> None:
    before = sessions(visitor)
    with must_prove(visitor):
        visitor.lay(issued(os.urandom(16)))
        visitor.screen("error")
        assert visitor.state()["session_open"] is False
    assert sessions(visitor) == before
