"""MIFARE Classic cards are issued and made blank again; torn at any exchange they can be issued again (N6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pytest

from nfc.protocol import classic, classic_issue, classic_record, errors, keys
from nfc.virtual.card import Pulled
from nfc.virtual.classic import FACTORY_KEY, Classic
from nfc.virtual.faults import PulledAway

UID = bytes.fromhex("A1B2C3D4")


def plan_of(first: int, uid: bytes = UID, sectors: Sequence[int] = (1, 2)) -> classic_issue.Plan:
    """A plan by made-up keys, others for each first byte."""
    master = bytes(range(first, first + 16))
    pairs = {sector: keys.sector_keys(master, uid, sector) for sector in sectors}
    return classic_issue.Plan(uid, pairs, code_key=bytes(range(first + 16, first + 32)))


PLAN, OTHERS = plan_of(0), plan_of(1)


def ask(card: Classic | PulledAway, command: bytes) -> bytes:
    try:
        return card.transmit(command) or b""
    except Pulled:
        return b""


def issue(transmit: Callable[[bytes], bytes]) -> None:
    classic_issue.issue(transmit, PLAN, b"88001234")


def is_blank(card: Classic) -> bool:
    fresh = Classic(UID)
    return card.blocks == fresh.blocks


def test_a_blank_card_becomes_a_member_card_and_blank_again() -> None:
    card = Classic(UID)
    issue(partial(ask, card))
    assert classic_record.read(partial(ask, card), PLAN.place()) == b"88001234"
    for sector in PLAN.sectors:
        key_a, key_b = PLAN.keys(sector)
        trailer = card.blocks[classic.trailer_of(sector)]
        assert (trailer[:6], trailer[10:]) == (key_a, key_b)
        with pytest.raises(errors.NotAuthorised):
            classic.authenticate(partial(ask, card), classic.trailer_of(sector), classic.Key.A, FACTORY_KEY)
    classic_issue.issue(partial(ask, card), PLAN, b"99")  # again, with another record
    assert classic_record.read(partial(ask, card), PLAN.place()) == b"99"
    classic_issue.wipe(partial(ask, card), PLAN)
    assert is_blank(card)
    classic_issue.wipe(partial(ask, card), PLAN)  # blank already


def test_every_sector_of_every_card_has_keys_of_its_own() -> None:
    other = plan_of(0, UID[::-1])
    made = [key for plan in (PLAN, other) for sector in plan.sectors for key in plan.keys(sector)]
    assert len(set(made)) == 8


@pytest.mark.parametrize("lost", ["command", "answer"])
def test_torn_at_every_exchange_a_card_is_issued_or_can_be(lost: str) -> None:
    step = 0
    while True:
        card = Classic(UID)
        try:
            issue(_torn(card, step, lost))
        except errors.CardLeft:
            card.power_on()
        else:
            break
        issue(partial(ask, card))
        assert classic_record.read(partial(ask, card), PLAN.place()) == b"88001234", f"torn at exchange {step}"
        step += 1
    assert step == 34


@pytest.mark.parametrize("lost", ["command", "answer"])
def test_torn_at_every_exchange_a_card_can_be_made_blank(lost: str) -> None:
    step = 0
    while True:
        card = Classic(UID)
        issue(partial(ask, card))
        card.power_on()
        try:
            classic_issue.wipe(_torn(card, step, lost), PLAN)
        except errors.CardLeft:
            card.power_on()
        else:
            break
        classic_issue.wipe(partial(ask, card), PLAN)
        assert is_blank(card), f"torn at exchange {step}"
        step += 1
    assert step == 20


def test_anothers_card_is_left_as_it_is() -> None:
    card = Classic(UID)
    classic_issue.issue(partial(ask, card), OTHERS, b"theirs")
    before = list(card.blocks)
    with pytest.raises(classic_issue.NotOurs, match="sector 1"):
        issue(partial(ask, card))
    with pytest.raises(classic_issue.NotOurs, match="sector 1"):
        classic_issue.wipe(partial(ask, card), PLAN)
    assert card.blocks == before


@pytest.mark.parametrize("sectors", [(0, 1), (1, 1), (15, 16)])
def test_sectors_that_will_not_do(sectors: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="two sectors from 1 to 15"):
        plan_of(0, sectors=sectors)


def test_factory_keys_are_never_a_plan() -> None:
    with pytest.raises(ValueError, match="not the factory's"):
        classic_issue.Plan(UID, {1: (FACTORY_KEY, bytes(6)), 2: (bytes(6), bytes(6))}, bytes(16))


def test_an_older_plans_card_is_given_the_new_keys_and_one_that_is_whole_is_only_read() -> None:
    card = Classic(UID)
    classic_issue.issue(partial(ask, card), OTHERS, b"old")
    classic_issue.issue(partial(ask, card), PLAN, b"new", [OTHERS])
    before = list(card.blocks)
    issue_again: list[bytes] = []

    def told(command: bytes) -> bytes:
        issue_again.append(command)
        return ask(card, command)

    classic_issue.issue(told, PLAN, b"new", [OTHERS])
    assert card.blocks == before
    assert not [command for command in issue_again if command[1] == 0xD6]
    assert classic_record.read(partial(ask, card), PLAN.place()) == b"new"
    classic_issue.wipe(partial(ask, card), OTHERS, [PLAN])
    assert is_blank(card)


def _torn(card: Classic, step: int, lost: str) -> Callable[[bytes], bytes]:
    if lost == "command":
        return partial(ask, PulledAway(card, step))
    left = [step]

    def lose_answer(command: bytes) -> bytes:
        if left[0] < 0:
            return b""
        answer = ask(card, command)
        left[0] -= 1
        return b"" if left[0] < 0 else answer

    return lose_answer
