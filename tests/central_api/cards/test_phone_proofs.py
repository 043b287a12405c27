"""Phones are enrolled at a permitted kiosk, and prove themselves by a signature over nonce, kiosk and time (N2, N3)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from central_api.cards import runs
from central_api.cards.tables import card_runs, cards, phone_keys
from club.wire.card_runs import AnswerCardRun, BeginCardRun, CardRunStep
from club.wire.cards import CardSession, Evidence
from nfc.virtual.phone import Phone
from tests.central_api.cards.test_runs import Counter, counter
from tests.support.central import WANG_UID, Club, Device, code_of, new_id, read

__all__ = ["counter"]  # the fixture

NUMBER = "C0FFEE0000000001"


@pytest.fixture
def phone(club: Club) -> Phone:
    """A phone whose credential is the member's card; not enrolled yet."""
    with club.context.db.write() as tx:
        values = {"uid": NUMBER, "family": "phone", "assurance": "cryptogram"}
        tx.execute(cards.update().where(cards.c.uid == WANG_UID).values(values))
    return Phone(bytes.fromhex(NUMBER))


def carry(device: Device, phone: Phone, begin: BeginCardRun, stop_at: int = 99) -> str:
    """Carry a run to its end or to a step; its id, or the code of the refusal."""
    phone.power_on()
    answer = device.post("/v1/card-runs", begin)
    while answer.status_code == 200:
        step = read(answer, CardRunStep)
        if step.done or step.index == stop_at:
            return step.run_id
        raw = phone.transmit(bytes.fromhex(step.command)) or b""
        body = AnswerCardRun(index=step.index, answer=raw.hex().upper())
        answer = device.post(f"/v1/card-runs/{step.run_id}/answers", body)
    return code_of(answer)


def enrol(device: Device, phone: Phone, stop_at: int = 99) -> str:
    begin = BeginCardRun(run_id=new_id(), purpose="issue", uid=NUMBER, family="phone")
    return carry(device, phone, begin, stop_at)


def prove(device: Device, phone: Phone) -> str:
    return carry(device, phone, BeginCardRun(run_id=new_id(), purpose="prove", uid=NUMBER))


def enrolled(club: Club) -> list[str]:
    with club.context.db.read() as tx:
        return [row.public_key for row in tx.rows(select(phone_keys))]


def state_of(club: Club, run_id: str) -> str:
    with club.context.db.read() as tx:
        [row] = tx.rows(select(card_runs.c.state).where(card_runs.c.id == run_id))
    return str(row.state)


def test_an_enrolled_phone_proves_itself_once(club: Club, counter: Counter, phone: Phone) -> None:
    counter.permit(cards=1)
    assert state_of(club, enrol(counter.device, phone)) == "done"
    assert enrolled(club) == [phone.public_key.hex().upper()]
    bare = Evidence(uid=NUMBER, family="phone")
    assert code_of(counter.device.open(bare)) == "card_downgraded"  # the number is told to every reader
    proved = Evidence(uid=NUMBER, family="phone", proof=prove(counter.device, phone))
    assert read(counter.device.open(proved), CardSession).assurance == "cryptogram"
    assert code_of(counter.device.open(proved)) == "cryptogram_wrong"


def test_another_phone_with_its_number_proves_nothing_and_is_not_enrolled_over_it(
    club: Club, counter: Counter, phone: Phone
) -> None:
    counter.permit()
    enrol(counter.device, phone)
    stranger = Phone(phone.number)
    assert prove(counter.device, stranger) == "cryptogram_wrong"
    assert enrol(counter.device, stranger) == "card_not_fit"
    assert enrolled(club) == [phone.public_key.hex().upper()]
    assert state_of(club, enrol(counter.device, phone)) == "done"  # the same phone again changes nothing
    assert enrolled(club) == [phone.public_key.hex().upper()]


def test_a_phone_that_is_not_enrolled_is_not_asked(club: Club, phone: Phone) -> None:
    assert prove(club.device(), phone) == "card_not_fit"


def test_nobody_enrols_without_a_permit(club: Club, counter: Counter, phone: Phone) -> None:
    assert enrol(counter.device, phone) == "not_allowed"
    assert enrolled(club) == []


def test_taken_away_at_any_command_it_is_enrolled_by_the_next_run_and_counted_once(
    club: Club, counter: Counter, phone: Phone
) -> None:
    counter.permit(cards=1)
    for at in (0, 1, 2):
        assert state_of(club, enrol(counter.device, phone, stop_at=at)) == "open"
        assert enrolled(club) == []
    assert state_of(club, enrol(counter.device, phone)) == "done"
    assert counter.left() == 0


@pytest.mark.parametrize("forged", ["credential", "key", "signature"])
def test_what_a_phone_makes_up_is_refused_at_enrolment(club: Club, counter: Counter, phone: Phone, forged: str) -> None:
    counter.permit()
    honest, other = phone.transmit, Phone(bytes.fromhex("C0FFEE0000000002"))
    other.transmit(bytes.fromhex("00A4040007F0585A434C554200"))

    def lie(command: bytes) -> bytes | None:
        ins = {"credential": 0xA4, "signature": 0x88}.get(forged)
        if forged == "key" and command[:2] == b"\x00\xca":
            return bytes.fromhex("5F4941") + b"\x04" + bytes(64) + b"\x90\x00"
        answer = honest(command)
        return other.transmit(command) if command[:2] == bytes((0, ins or 0xFF)) else answer

    phone.transmit = lie  # type: ignore[method-assign]
    assert enrol(counter.device, phone) == "card_not_fit"
    assert enrolled(club) == []


def test_a_signature_is_good_for_one_challenge_at_one_kiosk(club: Club, counter: Counter, phone: Phone) -> None:
    counter.permit()
    enrol(counter.device, phone)
    heard: list[bytes] = []
    honest = phone.transmit

    def heard_by_a_thief(command: bytes) -> bytes | None:
        answer = honest(command)
        if command[1] == 0x88:
            heard.append(answer or b"")
        return answer

    phone.transmit = heard_by_a_thief  # type: ignore[method-assign]
    prove(counter.device, phone)
    replayed = Phone(phone.number)
    inner = replayed.transmit
    replayed.transmit = lambda command: heard[-1] if command[1] == 0x88 else inner(command)  # type: ignore[method-assign]
    assert prove(counter.device, replayed) == "cryptogram_wrong"
    assert prove(club.device("kiosk-2"), replayed) == "cryptogram_wrong"


@pytest.mark.parametrize(("purpose", "uid"), [("reset", NUMBER), ("issue", WANG_UID), ("issue", "A1B2C3D4")])
def test_a_phone_is_enrolled_by_its_credential_and_never_reset(
    counter: Counter, purpose: runs.Purpose, uid: str
) -> None:
    counter.permit(purpose)
    begin = BeginCardRun(run_id=new_id(), purpose=purpose, uid=uid, family="phone")
    assert code_of(counter.device.post("/v1/card-runs", begin)) == "card_not_fit"
