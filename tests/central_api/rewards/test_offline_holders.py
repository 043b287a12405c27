"""Who is charged for what was handed out offline: cards without a holder, proofs that cannot be, PINs tried, messages copied."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from central_api.cards import repository as cards
from central_api.lifecycle import card_desk, leaving
from central_api.rewards.offline import settling
from central_api.rewards.offline.rules import Rules
from central_api.security.passwords import Passwords
from club.model import voucher
from club.wire import codec
from club.wire.cards import Evidence
from club.wire.offline import OfflineRedeem, OfflineSettled
from tests.central_api.rewards.rogue import PRICE, WASH, Rogue
from tests.support.central import WANG, WANG_UID, Club, new_id

OPEN = Rules(enabled=True, floor_points=3000, hours=24, quotas={WASH: 30})


@pytest.fixture
def kiosk(club: Club) -> Rogue:
    made = Rogue(club, club.device())
    made.allow(OPEN)
    return made


def _card(club: Club) -> Any:
    with club.context.db.read() as tx:
        return cards.card(tx, WANG_UID)


def _nobodys(kiosk: Rogue, command: OfflineRedeem) -> None:
    settled = kiosk.settle(command)
    assert (settled.reason, settled.points_taken, settled.shortfall) == ("card", 0, PRICE)
    row = kiosk.kept(command)
    assert (row.card, row.member, kiosk.voucher(command)) == (None, None, None)


def test_a_card_that_was_brought_back_is_charged_to_nobody(club: Club, kiosk: Rogue) -> None:
    command = kiosk.command()
    context = club.context
    with context.db.write() as tx:
        desk = card_desk.Desk(context.vault, context.keyring, "staff:1001", club.clock.now())
        card_desk.bring_back(tx, desk, _card(club).id)
    _nobodys(kiosk, command)


def test_the_card_of_somebody_who_left_is_charged_to_nobody(club: Club, kiosk: Rogue) -> None:
    command = kiosk.command()
    context = club.context
    with context.db.write() as tx:
        leaving.leave(
            tx, context.keyring, WANG, gives_up=True, by="staff:1001", now=club.clock.now(), new_id=context.new_id
        )
    _nobodys(kiosk, command)


def test_a_challenge_cannot_have_been_made_offline(club: Club, kiosk: Rogue) -> None:
    _nobodys(kiosk, kiosk.command(evidence=Evidence(uid=WANG_UID, family="ntag424", proof=new_id())))


def _pin_row(club: Club) -> Any:
    with club.context.db.read() as tx:
        return cards.pin(tx, _card(club).id)


def test_wrong_pins_are_counted_and_lock_the_pin_for_kiosks_online_too(club: Club, kiosk: Rogue) -> None:
    for tried in range(1, 6):
        assert kiosk.settle(kiosk.command(pin="000000")).reason == "pin"
        assert _pin_row(club).fails == tried
    assert _pin_row(club).locked_until == club.clock.now() + timedelta(minutes=15)
    assert kiosk.settle(kiosk.command()).reason == "pin", "nobody looks at it while it is locked"
    assert _pin_row(club).fails == 5
    club.clock.forward(15 * 60 + 1)
    assert kiosk.settle(kiosk.command()).reason == ""
    assert kiosk.settle(kiosk.command(pin="000000")).reason == "pin"
    assert _pin_row(club).fails == 1


def test_the_same_command_again_is_no_other_try(club: Club, kiosk: Rogue) -> None:
    command = kiosk.command(pin="000000")
    assert kiosk.settle(command) == kiosk.settle(command)
    assert _pin_row(club).fails == 1


class _Together(Passwords):
    """Lets nobody's PIN be judged before that many are being looked at."""

    def __init__(self, real: Passwords, count: int) -> None:
        self._real, self._all_here = real, Barrier(count, timeout=60)

    def matches(self, encoded: str, secret: str) -> bool:
        self._all_here.wait()
        return self._real.matches(encoded, secret)


def _at_once(club: Club, wanted: list[tuple[Rogue, OfflineRedeem]]) -> list[OfflineSettled]:
    """Settle each on a thread of its own, all of them past their reading before the first one writes."""
    context, now = club.context, club.clock.now()
    counter = settling.Counter(
        context.db,
        context.keyring,
        context.vault,
        _Together(context.passwords, len(wanted)),
        context.new_id,
        lambda: voucher.make(context.random_below),
    )

    def send(one: tuple[Rogue, OfflineRedeem]) -> OfflineSettled:
        rogue, command = one
        answer = settling.settle(counter, rogue.enrolled(), command, codec.encode(command), now)
        return codec.decode(answer.body, OfflineSettled)

    with ThreadPoolExecutor(len(wanted)) as pool:
        return list(pool.map(send, wanted))


def test_two_kiosks_with_one_copied_message_charge_it_once(club: Club, kiosk: Rogue) -> None:
    other = dataclasses.replace(kiosk, device=club.device("kiosk-2"), outage=new_id())
    copied = club.card().evidence(700)
    settled = _at_once(club, [(one, one.command(evidence=copied)) for one in (kiosk, other)])
    assert sorted((one.reason, one.points_taken) for one in settled) == [("", PRICE), ("replayed", 0)]


def test_many_pins_tried_at_once_are_no_more_than_may_be_tried(club: Club, kiosk: Rogue) -> None:
    wrong = [kiosk.command(pin=f"00000{n}") for n in range(5)]
    for one in wrong[:4]:
        kiosk.settle(one)
    settled = _at_once(club, [(kiosk, wrong[4]), (kiosk, kiosk.command(pin="000009"))])
    assert [one.reason for one in settled] == ["pin", "pin"]
    assert _pin_row(club).fails == 5, "the one after the lock is no try"
