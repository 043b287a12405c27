"""Work on a card that is elsewhere: the same as next to it, with nothing kept between two answers but the answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

import pytest

from nfc.protocol import afar, apdu, desfire_issue, errors
from nfc.protocol.applications import CLUB_DESFIRE_AID
from nfc.virtual.desfire import Desfire

UID = bytes.fromhex("04112233445566")
PLAN = desfire_issue.Plan((bytes(range(1, 17)), bytes(range(17, 33))), version=1, content=b"8800")


def seeded(seed: bytes) -> Callable[[int], bytes]:
    drawn = 0

    def draw(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.sha256(seed + bytes((drawn,))).digest()[:size]

    return draw


def issuing(transmit: apdu.Transmit) -> None:
    desfire_issue.issue(transmit, PLAN, seeded(b"one card, one seed"))


def test_a_card_is_issued_from_afar() -> None:
    card = Desfire(UID, {})
    answers: list[bytes] = []
    while isinstance(step := afar.go_on(issuing, answers), afar.Ask):
        answers.append(card.transmit(step.command) or b"")
    assert step == afar.Done(None)
    assert card.applications[CLUB_DESFIRE_AID].keys == list(PLAN.keys)
    assert len(answers) == 20


def test_more_answers_than_questions_are_refused() -> None:
    with pytest.raises(errors.Malformed, match="2 times more"):
        afar.go_on(lambda transmit: transmit(b"one"), [b"\x90\x00"] * 3)


def test_faults_of_the_card_come_through() -> None:
    with pytest.raises(errors.CardLeft):
        afar.go_on(issuing, [b""])


def test_the_outcome_comes_back() -> None:
    assert afar.go_on(partial(_both, b"\x01"), [b"a", b"b"]) == afar.Done(b"ab")


def test_work_that_swallows_every_exception_still_stops_at_the_question() -> None:
    def careless(transmit: apdu.Transmit) -> bytes:
        try:
            return transmit(b"\x00\x84")
        except Exception:  # noqa: BLE001 - what careless code does
            return b"swallowed"

    assert afar.go_on(careless, []) == afar.Ask(b"\x00\x84")


def _both(command: bytes, transmit: apdu.Transmit) -> bytes:
    return transmit(command) + transmit(command)
