"""Work on a card that is elsewhere: the same as next to it, with nothing kept between two answers but the answers."""

from __future__ import annotations

import pytest

from nfc.protocol import afar, apdu, desfire_issue, errors, scripts
from nfc.protocol.applications import CLUB_DESFIRE_AID
from nfc.virtual.desfire import Desfire

UID = bytes.fromhex("04112233445566")
PLAN = desfire_issue.Plan((bytes(range(1, 17)), bytes(range(17, 33))), version=1, content=b"8800")
READ_UID, READ_VERSION = apdu.Command(0xFF, 0xCA, le=256), apdu.Command(0x90, 0x60, le=256)


def issuing() -> scripts.Script[None]:
    """The work, with its random bytes from the beginning at every run."""
    return afar.script(
        lambda transmit: desfire_issue.issue(transmit, PLAN, scripts.repeatable(b"one card, one seed")), "issue"
    )


def test_a_card_is_issued_from_afar() -> None:
    card = Desfire(UID, {})
    answers: list[bytes] = []
    while isinstance(step := scripts.replay(issuing(), answers), scripts.Ask):
        assert step.what == "issue"
        answers.append(card.transmit(step.command.to_bytes()) or b"")
    assert step == scripts.Done(None)
    assert card.applications[CLUB_DESFIRE_AID].keys == list(PLAN.keys)
    assert len(answers) == 21


def test_the_outcome_comes_back() -> None:
    two = afar.script(lambda transmit: transmit(READ_UID.to_bytes()) + transmit(READ_VERSION.to_bytes()), "two")
    asked: list[bytes] = []

    def transmit(command: bytes) -> bytes:
        asked.append(command)
        return bytes((len(asked),)) + b"\x90\x00"

    assert scripts.play(two, transmit) == b"\x01\x90\x00\x02\x90\x00"
    assert asked == [READ_UID.to_bytes(), READ_VERSION.to_bytes()]


def test_more_answers_than_questions_are_refused() -> None:
    one = afar.script(lambda transmit: transmit(READ_UID.to_bytes()), "one")
    with pytest.raises(ValueError, match="expected 1 answers, found 3"):
        scripts.replay(one, [b"\x90\x00"] * 3)


def test_faults_of_the_card_come_through() -> None:
    with pytest.raises(errors.NotAuthorised):
        scripts.replay(issuing(), [b"\x91\x9d"])


def test_work_that_swallows_every_exception_still_stops_at_the_question() -> None:
    def careless(transmit: apdu.Transmit) -> bytes:
        try:
            return transmit(READ_UID.to_bytes())
        except Exception:  # noqa: BLE001 - what careless code does
            return b"swallowed"

    assert scripts.replay(afar.script(careless, "ask"), []) == scripts.Ask(READ_UID, "ask")
