"""DESFire cards prove themselves by a challenge of the central API, carried by a kiosk that holds no key (N3)."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import update

from central_api.cards import keys as card_keys
from central_api.cards.tables import cards
from club.wire.card_runs import AnswerCardRun, BeginCardRun, CardRunStep
from club.wire.cards import CardSession, Evidence
from nfc.protocol import desfire_issue
from nfc.virtual.desfire import Desfire
from tests.support.central import Club, Device, code_of, new_id, read

UID = "0444283CC4FBAA"  # entered as desfire-ev3


def issued(club: Club, generation: int = 3) -> Desfire:
    """A card under the key the central API has for its proofs."""
    context = club.context
    with context.db.read() as tx:
        own = card_keys.StoredKeys(tx, context.keyring, context.vault).file_key(1, bytes.fromhex(UID))
    card = Desfire(bytes.fromhex(UID), {}, generation)
    plan = desfire_issue.Plan((os.urandom(16), own), 1, b"", ev1=generation == 1)
    desfire_issue.issue(lambda command: card.transmit(command) or b"", plan, os.urandom)
    return card


def enter_as(club: Club, **facts: str) -> None:
    with club.context.db.write() as tx:
        tx.execute(update(cards).where(cards.c.uid == UID).values(facts))


def prove(device: Device, card: Desfire) -> str:
    """Carry a proof to its end; the run's id, or the code of the refusal."""
    card.power_on()
    step = read(device.post("/v1/card-runs", BeginCardRun(run_id=new_id(), purpose="prove", uid=UID)), CardRunStep)
    while not step.done:
        raw = card.transmit(bytes.fromhex(step.command)) or b""
        body = AnswerCardRun(index=step.index, answer=raw.hex().upper())
        answer = device.post(f"/v1/card-runs/{step.run_id}/answers", body)
        if answer.status_code != 200:
            return code_of(answer)
        step = read(answer, CardRunStep)
    assert step.index == 3  # SELECT and the two of the authentication
    return step.run_id


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_a_card_proves_itself_once(club: Club, generation: int) -> None:
    enter_as(club, family=f"desfire-ev{generation}", assurance="cryptogram")
    device, card = club.device(), issued(club, generation)
    bare = Evidence(uid=UID, family="desfire")
    assert code_of(device.open(bare)) == "card_downgraded"  # one that can prove itself has to
    proved = Evidence(uid=UID, family="desfire", proof=prove(device, card))
    assert read(device.open(proved), CardSession).assurance == "cryptogram"
    assert code_of(device.open(proved)) == "cryptogram_wrong"  # another session by the same proof


def test_a_copied_uid_proves_nothing(club: Club) -> None:
    stranger = Desfire(bytes.fromhex(UID), {})
    plan = desfire_issue.Plan((os.urandom(16), os.urandom(16)), 1, b"")
    desfire_issue.issue(lambda command: stranger.transmit(command) or b"", plan, os.urandom)
    assert prove(club.device(), stranger) == "cryptogram_wrong"


def test_a_card_entered_as_ev3_is_not_talked_down_to_ev1(club: Club) -> None:
    assert prove(club.device(), issued(club, generation=1)) == "cryptogram_wrong"
