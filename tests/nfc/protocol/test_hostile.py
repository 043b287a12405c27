"""Whatever a card answers, every command of every family ends with a result or a named error, and soon (N2)."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfc.protocol import (
    apdu,
    classic,
    classic_issue,
    classic_record,
    cpu_card,
    desfire,
    desfire_issue,
    errors,
    native,
    ntag21x,
    phone,
    proofs,
    scripts,
)
from nfc.protocol.channels import Mode
from nfc.protocol.ciphers import Algorithm

KEY, RND = bytes(range(16)), bytes(range(16, 32))
PLACE = classic_record.Place(((4,), (8,)), classic.Key.A, (bytes(6), bytes(6)), KEY, bytes(4))
CLASSIC_PLAN = classic_issue.Plan(bytes(4), {1: (KEY[:6], RND[:6]), 2: (KEY[6:12], RND[6:12])}, RND)
PLAN = desfire_issue.Plan((KEY, RND), 1, b"x")
QUESTION = phone.Question(RND, "kiosk", 0)


def desfire_card(*calls: Callable[[desfire.Card], object]) -> Callable[[apdu.Transmit], object]:
    def run(transmit: apdu.Transmit) -> None:
        card = desfire.Card(transmit)
        for call in calls:
            call(card)

    return run


def through_native(call: Callable[[native.Native], object]) -> Callable[[apdu.Transmit], object]:
    return lambda transmit: call(native.open_native(transmit))


WORK: dict[str, Callable[[apdu.Transmit], object]] = {
    "desfire open": desfire_card(
        lambda card: card.select(b"abc"),
        lambda card: card.file_ids(),
        lambda card: card.file_settings(1),
        lambda card: card.value(1, Mode.PLAIN),
        lambda card: card.read(1, 0, 16, Mode.PLAIN),
        lambda card: card.write(1, 0, bytes(80), Mode.PLAIN),
    ),
    "desfire ev1": desfire_card(lambda card: card.authenticate_ev1(0, KEY, RND)),
    "desfire ev2": desfire_card(lambda card: card.authenticate_ev2(0, KEY, RND)),
    "desfire issue": lambda transmit: desfire_issue.issue(transmit, PLAN, lambda size: RND[:size]),
    "desfire wipe": lambda transmit: desfire_issue.wipe(transmit, PLAN, lambda size: RND[:size]),
    "classic": lambda transmit: classic.read_value(transmit, 5),
    "classic record": lambda transmit: classic_record.write(transmit, PLACE, b"x"),
    "classic issue": lambda transmit: classic_issue.issue(transmit, CLASSIC_PLAN, b"x"),
    "classic wipe": lambda transmit: classic_issue.wipe(transmit, CLASSIC_PLAN),
    "cpu": lambda transmit: cpu_card.external_authenticate(transmit, Algorithm.SM4, 1, KEY),
    "cpu file": lambda transmit: cpu_card.read_binary(transmit, 1, 0, 16),
    "proof ev1": lambda transmit: scripts.play(proofs.desfire_ev1(1, KEY, RND, ask_uid=True), transmit),
    "proof ev2": lambda transmit: scripts.play(proofs.desfire_ev2(1, KEY, RND, ask_uid=True), transmit),
    "proof cpu": lambda transmit: scripts.play(proofs.cpu(Algorithm.TDES, 1, KEY, RND[:8]), transmit),
    "phone key": phone.public_key,
    "ntag version": through_native(ntag21x.version),
    "ntag maker": through_native(ntag21x.made_by),
    "ntag write": through_native(lambda chip: ntag21x.write(chip, 4, b"page")),
    "ntag password": through_native(lambda chip: ntag21x.authenticate(chip, b"word")),
}
EVERY = pytest.mark.parametrize("work", WORK.values(), ids=WORK)
# What makes nonsense look like sense: status words, announcements, the readers' own frames.
ENDS = [bytes.fromhex(end) for end in ("9000", "9100", "91AF", "61FF", "6C10", "6300", "91AE", "6A82", "90", "")]
HEADS = [bytes.fromhex(head) for head in ("", "D54300", "C0030090009708", "5F4941", "6F", "00", "FF")]


def ends_by_name(work: Callable[[apdu.Transmit], object], answer: Callable[[], bytes]) -> None:
    asked = 0

    def transmit(command: bytes) -> bytes:
        nonlocal asked
        asked += 1
        assert asked <= 40 * apdu.MAX_LINKS, "it goes on for ever"
        return answer()

    try:
        work(transmit)
    except errors.ProtocolError:
        return


@EVERY
@given(st.lists(st.tuples(st.sampled_from(HEADS), st.binary(max_size=64), st.sampled_from(ENDS)), max_size=12))
def test_random_answers(work: Callable[[apdu.Transmit], object], answers: list[tuple[bytes, bytes, bytes]]) -> None:
    script = iter(answers)
    ends_by_name(work, lambda: b"".join(next(script, (b"", b"", b""))))


@EVERY
def test_the_same_answer_for_ever(work: Callable[[apdu.Transmit], object]) -> None:
    for end in ENDS:
        for size in (0, 1, 16, 255, 4096):
            ends_by_name(work, partial(bytes.__add__, bytes(size), end))


@pytest.mark.long
@EVERY
def test_seeded_answers_by_the_thousand(work: Callable[[apdu.Transmit], object]) -> None:
    dice = random.Random(20260101)
    for _ in range(6000):
        ends_by_name(
            work,
            lambda: dice.choice(HEADS) + dice.randbytes(dice.choice((0, 1, 7, 8, 16, 17, 32, 200))) + dice.choice(ENDS),
        )
