"""CPU cards prove themselves by a challenge of the central API, with the cipher they were entered under (N2, N3)."""

from __future__ import annotations

import pytest

from central_api.cards import keys as card_keys
from central_api.cards.tables import cards
from club.wire.card_runs import AnswerCardRun, BeginCardRun, CardRunStep
from club.wire.cards import CardSession, Evidence
from nfc.protocol.ciphers import Algorithm
from nfc.virtual.cpu_card import CpuCard
from tests.support.central import WANG_UID, Club, Device, code_of, new_id, read

CIPHERS = pytest.mark.parametrize("algorithm", Algorithm)


def enter_as(club: Club, family: str, uid: str) -> None:
    """The member's card is another one from now on."""
    with club.context.db.write() as tx:
        values = {"uid": uid, "family": family, "assurance": "cryptogram"}
        tx.execute(cards.update().where(cards.c.uid == WANG_UID).values(values))


def issued(club: Club, uid: str, algorithm: Algorithm) -> CpuCard:
    """A card with the key that its maker was given."""
    context = club.context
    with context.db.read() as tx:
        keyset = card_keys.StoredKeys(tx, context.keyring, context.vault)
        key = keyset.cpu(1, bytes.fromhex(uid), algorithm)
    return CpuCard(bytes.fromhex(uid), algorithm, {1: key})


def prove(device: Device, card: CpuCard) -> str:
    """Carry a proof to its end; the run's id, or the code of the refusal."""
    card.power_on()
    begin = BeginCardRun(run_id=new_id(), purpose="prove", uid=card.uid.hex().upper())
    step = read(device.post("/v1/card-runs", begin), CardRunStep)
    while not step.done:
        raw = card.transmit(bytes.fromhex(step.command)) or b""
        body = AnswerCardRun(index=step.index, answer=raw.hex().upper())
        answer = device.post(f"/v1/card-runs/{step.run_id}/answers", body)
        if answer.status_code != 200:
            return code_of(answer)
        step = read(answer, CardRunStep)
    assert step.index == 2  # SELECT and INTERNAL AUTHENTICATE
    return step.run_id


@CIPHERS
@pytest.mark.parametrize("uid", ["A1B2C3D4", "04C0FFEE112233"])
def test_a_card_proves_itself_once(club: Club, algorithm: Algorithm, uid: str) -> None:
    enter_as(club, f"cpu-{algorithm}", uid)
    device, card = club.device(), issued(club, uid, algorithm)
    bare = Evidence(uid=uid, family="cpu_card")
    assert code_of(device.open(bare)) == "card_downgraded"
    proved = Evidence(uid=uid, family="cpu_card", proof=prove(device, card))
    assert read(device.open(proved), CardSession).assurance == "cryptogram"
    assert code_of(device.open(proved)) == "cryptogram_wrong"  # another session by the same proof


@CIPHERS
def test_a_copied_number_proves_nothing(club: Club, algorithm: Algorithm) -> None:
    enter_as(club, f"cpu-{algorithm}", "A1B2C3D4")
    stranger = CpuCard(bytes.fromhex("A1B2C3D4"), algorithm, {1: bytes(range(16))})
    assert prove(club.device(), stranger) == "cryptogram_wrong"
    others = issued(club, "A1B2C3D5", algorithm)
    others.uid = stranger.uid
    assert prove(club.device("kiosk-2"), others) == "cryptogram_wrong"


@pytest.mark.parametrize("weaker", [Algorithm.TDES, Algorithm.AES])
def test_a_card_entered_under_sm4_is_not_talked_down_to_another_cipher(club: Club, weaker: Algorithm) -> None:
    enter_as(club, "cpu-sm4", "A1B2C3D4")
    assert prove(club.device(), issued(club, "A1B2C3D4", weaker)) == "cryptogram_wrong"


def test_each_challenge_is_fresh(club: Club) -> None:
    enter_as(club, "cpu-sm4", "A1B2C3D4")
    device, asked = club.device(), set()
    for _ in range(3):
        begin = BeginCardRun(run_id=new_id(), purpose="prove", uid="A1B2C3D4")
        step = read(device.post("/v1/card-runs", begin), CardRunStep)
        answer = device.post(f"/v1/card-runs/{step.run_id}/answers", AnswerCardRun(index=0, answer="9000"))
        asked.add(read(answer, CardRunStep).command)
    assert len(asked) == 3
