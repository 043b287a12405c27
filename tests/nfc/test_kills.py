"""The PC/SC service is killed again and again while cards come and go: each tap is told once, and nothing is left (N1)."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import nfc
from nfc.virtual.card import UidOnly
from nfc.virtual.pcscd import PrivatePcscd
from nfc.virtual.slot import VirtualSlot
from tests.support.rig import CardRig, Inbox, card_rig
from tests.support.wait import until

pytestmark = [pytest.mark.reader, pytest.mark.alone]

_SEEN_S = 0.5  # a shorter tap is missed by pcscd itself: it looks at its readers every 0.4 s
_BACK_S = 1.0  # within it a service that is back shows its readers, and we have found it again
_MARGIN_S = 1.0  # of a machine that has other things to do: so much longer is a tap that has to be told
_CLOSED_WITHIN_S = 10.0  # that it ends at all; how promptly is nfc.Timing's affair


@dataclass(frozen=True)
class Tap:
    """When a card was laid down and taken away."""

    uid: bytes
    laid: float
    taken: float


@dataclass
class Hand:
    """Somebody who lays down card after card, each a new one."""

    slot: VirtualSlot
    number: int
    chance: random.Random
    taps: list[Tap] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def tap_on(self) -> None:
        pause = threading.Event()
        while not self.stop.is_set():
            uid = bytes((0x04, self.number)) + self.chance.randbytes(5)
            self.slot.insert(UidOnly(uid))
            laid = time.monotonic()
            pause.wait(self.chance.uniform(0.7, 3.4))  # short ones too: they may be missed, never told twice
            self.taps.append(Tap(uid, laid, time.monotonic()))
            self.slot.remove()
            pause.wait(self.chance.uniform(0.4, 0.8))


@contextmanager
def tapping(rig: CardRig, seed: int) -> Iterator[list[Hand]]:
    hands = [Hand(slot, number, random.Random(seed + number)) for number, slot in enumerate((rig.slot, rig.second))]
    threads = [threading.Thread(target=hand.tap_on, name="hand") for hand in hands]
    for thread in threads:
        thread.start()
    try:
        yield hands
    finally:
        for hand in hands:
            hand.stop.set()
        for thread in threads:
            thread.join(10.0)
            assert not thread.is_alive()


def kill_again_and_again(pcscd: PrivatePcscd, count: int, chance: random.Random) -> list[tuple[float, float]]:
    """Kill and restart the service; return the spans in which it was up."""
    pause, spans, up = threading.Event(), [], time.monotonic()
    for _ in range(count):
        pause.wait(chance.uniform(0.2, 6.0))
        spans.append((up, time.monotonic()))
        pcscd.kill()
        pause.wait(chance.uniform(0.0, 0.6))
        pcscd.start()
        up = time.monotonic()
    pause.wait(_SEEN_S + _BACK_S + _MARGIN_S + 1.5)
    spans.append((up, time.monotonic()))
    return spans


def must_be_told(tap: Tap, spans: list[tuple[float, float]]) -> bool:
    """Whether one span of the service holds enough of the tap for it to be seen."""
    for up, down in spans:
        begun = max(tap.laid, up)
        wanted = (_SEEN_S if tap.laid >= up + _BACK_S else _SEEN_S + _BACK_S) + _MARGIN_S
        if min(tap.taken, down) - begun >= wanted:
            return True
    return False


def handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def reader_threads() -> list[str]:
    return sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("nfc-"))


def a_tap_works(rig: CardRig, number: int) -> None:
    uid = bytes((0x04, 0xEE)) + number.to_bytes(5, "big")
    rig.slot.insert(UidOnly(uid))
    until_presented(rig.inbox, uid)
    rig.slot.remove()
    rig.inbox.next(nfc.CardGone, reader=rig.pcscd.readers[0])


def until_presented(inbox: Inbox, uid: bytes) -> None:
    deadline = time.monotonic() + 10.0
    while inbox.next(nfc.CardPresented, within_s=max(0.1, deadline - time.monotonic())).evidence.uid != uid:
        continue


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
def test_every_tap_is_told_exactly_once_and_nothing_is_left(kills: int) -> None:
    seed = 20260516 + kills
    with card_rig() as rig:
        # What one death of the service costs for good (a library's own tables) is not counted.
        rig.pcscd.kill()
        rig.inbox.next(nfc.ReaderLost)
        rig.pcscd.start()
        rig.inbox.next(nfc.ReaderReady)
        a_tap_works(rig, 0)
        until(lambda: reader_threads() == ["nfc-watch"], "the watch alone")
        before = handles()
        with tapping(rig, seed) as hands:
            spans = kill_again_and_again(rig.pcscd, kills, random.Random(seed))
        until(lambda: not {"nfc-read"} & set(reader_threads()), "no card being read")
        rig.inbox.drain()
        a_tap_works(rig, 1)
        until(lambda: reader_threads() == ["nfc-watch"], "the watch alone")
        until(lambda: handles() <= before, f"no more than {before} open files, as before")
        begun = time.monotonic()
        rig.reader.close()
        assert time.monotonic() - begun < _CLOSED_WITHIN_S
    told = Counter(event.evidence.uid for event in rig.inbox.seen if isinstance(event, nfc.CardPresented))
    taps = [tap for hand in hands for tap in hand.taps]
    missed = [tap for tap in taps if must_be_told(tap, spans) and not told[tap.uid]]
    assert not missed, f"{len(missed)} of {len(taps)} taps were not told; the service was up in {spans}"
    assert {uid: count for uid, count in told.items() if count > 1} == {}
    assert len([tap for tap in taps if must_be_told(tap, spans)]) >= kills // 2


def test_a_service_that_is_back_is_found_within_two_seconds() -> None:
    took: list[float] = []
    with card_rig() as rig:
        # The best of some: what it takes us, not what a machine with other things to do adds now and then.
        for number in range(4):
            rig.pcscd.kill()
            rig.inbox.next(nfc.ReaderLost)
            rig.pcscd.start()
            begun = time.monotonic()
            rig.inbox.next(nfc.ReaderReady, within_s=20.0, reader=rig.pcscd.readers[0])
            took.append(time.monotonic() - begun)
            a_tap_works(rig, number)
    assert min(took) < 2.0, took
