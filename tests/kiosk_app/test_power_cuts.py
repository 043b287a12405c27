"""X1, A12: whatever dies between confirm and voucher, and whenever: exactly one redemption, one voucher, points taken once."""

from collections.abc import Iterator

import pytest

from demo.story import pin_key
from tests.support.kiosk_program import (
    CONFIRM,
    EXIT,
    FIRST_REWARD,
    REWARDS_TILE,
    VOUCHERS_TILE,
    Books,
    Hand,
    open_store,
)

KILLED = 137
# Each with a member of their own, so that no case leans on another.
BEFORE_THE_OUTBOX = [
    ("kiosk.after-confirm", "m0003"),
    ("kiosk.after-step-up", "m0009"),
    ("kiosk.before-outbox", "m0018"),
]
FROM_THE_OUTBOX_ON = [
    ("outbox.after-add", "m0020"),
    ("outbox.before-send", "m0025"),
    ("outbox.after-answer", "m0001"),
    ("outbox.after-settle", "m0005"),
    ("kiosk.after-settled", "m0007"),
]
IN_THE_SERVER = [("redeem.before-commit", "m0021"), ("redeem.after-commit", "m0023")]


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    with open_store(tmp_path_factory.mktemp("store")) as open_hand:
        yield open_hand


def restart(hand: Hand, **env: str) -> None:
    hand.store.kiosk.stop()
    hand.store.kiosk.start(env)
    hand.store.kiosk.wait_for(r"kiosk ready")
    hand.until(lambda now: now["online"] and now["reader"], "the kiosk to be back")


def to_the_confirm_sheet(hand: Hand, member: str) -> None:
    hand.at_home(member)
    hand.touch(REWARDS_TILE)
    if hand.screen("rewards", "pin") == "pin":  # a card that can be copied gives its PIN once (N4)
        hand.enter_pin(hand.store.members[member])
        hand.screen("rewards")
    hand.touch(FIRST_REWARD)
    hand.screen("reward_detail")
    hand.open_sheet()


def confirm_with_pin(hand: Hand, member: str) -> None:
    hand.touch(CONFIRM)
    hand.screen("pin")
    pin = hand.store.members[member]
    hand.enter_pin(pin[:-1])
    hand.touch(pin_key(pin[-1]))


def taken_once(before: Books, after: Books) -> bool:
    one_more = after.redemptions == before.redemptions + 1 and len(after.vouchers) == len(before.vouchers) + 1
    return one_more and 0 < before.points - after.points <= 2000


def sees_its_voucher(hand: Hand, member: str, before: Books) -> None:
    """At the next tap the one new voucher is among the member's."""
    (code,) = set(hand.books(member).vouchers) - set(before.vouchers)
    hand.at_home(member)
    hand.touch(VOUCHERS_TILE)
    if hand.screen("vouchers", "pin") == "pin":
        hand.enter_pin(hand.store.members[member])
        hand.screen("vouchers")
    assert hand.ask(do="search", **{"for": [code]})["found"] == [code]
    hand.touch(EXIT)
    hand.screen("attract")


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("point", "member"), BEFORE_THE_OUTBOX)
def test_before_the_outbox_nothing_was_done_and_the_member_does_it_again(hand: Hand, point: str, member: str) -> None:
    restart(hand, CLUB_FAULT_POINT=point)
    before = hand.books(member)
    to_the_confirm_sheet(hand, member)
    if point == "kiosk.after-confirm":
        hand.touch(CONFIRM)
    else:
        confirm_with_pin(hand, member)
    assert hand.store.kiosk.wait(30) == KILLED
    restart(hand)
    assert hand.state()["session_open"] is False
    assert hand.books(member) == before
    to_the_confirm_sheet(hand, member)
    confirm_with_pin(hand, member)
    hand.screen("success")
    assert taken_once(before, hand.books(member))


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("point", "member"), FROM_THE_OUTBOX_ON)
def test_from_the_outbox_on_the_command_is_carried_out_once_after_the_restart(
    hand: Hand, point: str, member: str
) -> None:
    restart(hand, CLUB_FAULT_POINT=point)
    before = hand.books(member)
    to_the_confirm_sheet(hand, member)
    confirm_with_pin(hand, member)
    assert hand.store.kiosk.wait(30) == KILLED
    restart(hand)
    hand.until(lambda _now: taken_once(before, hand.books(member)), "the command to be carried out")
    sees_its_voucher(hand, member, before)
    assert taken_once(before, hand.books(member))


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("point", "member"), IN_THE_SERVER)
def test_a_server_that_dies_in_the_middle_gives_the_same_one_voucher_when_it_is_back(
    hand: Hand, point: str, member: str
) -> None:
    restart(hand)
    server = hand.store.server
    server.stop()
    server.start({"CLUB_FAULT_POINT": point})
    server.wait_for(r"ready on http")
    hand.until(lambda now: now["online"], "the kiosk to find the server")
    before = hand.books(member)
    to_the_confirm_sheet(hand, member)
    confirm_with_pin(hand, member)
    assert server.wait(30) == KILLED
    server.start()
    server.wait_for(r"ready on http")
    hand.screen("success", "error", "attract")
    hand.until(lambda _now: taken_once(before, hand.books(member)), "the command to be carried out")
    restart(hand)
    sees_its_voucher(hand, member, before)
    assert taken_once(before, hand.books(member))
