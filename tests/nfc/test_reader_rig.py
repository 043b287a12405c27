"""The reader through a real pcscd with virtual cards: taps, removals, crashes and misbehaving cards (spec N1, N3, N7)."""

from __future__ import annotations

import logging
import threading
from functools import partial

import pytest

import nfc
from nfc import reader, service
from nfc.protocol import keys, sun
from nfc.virtual.card import ATR_CLASSIC_1K, UidOnly
from nfc.virtual.faults import Garbage, Mute, PulledAway
from tests.support.rig import (
    FILE_MASTER,
    META_KEY,
    UID,
    CardRig,
    Inbox,
    card_rig,
    lead_here,
    member_card,
    private_pcscd,
)
from tests.support.wait import until

pytestmark = pytest.mark.reader

OTHER_UID = bytes.fromhex("04112233445566")


def counter_of(event: nfc.CardPresented) -> int:
    """Verify a tap as the central API does and return its counter."""
    assert event.evidence.sun_url is not None
    return sun.verify(sun.parse(event.evidence.sun_url), META_KEY, partial(keys.file_key, FILE_MASTER)).counter


def test_a_tap_is_read_whole_and_its_end_is_told(rig: CardRig) -> None:
    card = member_card()
    rig.slot.insert(card)
    tap = rig.inbox.next(nfc.CardPresented)
    assert tap.reader == rig.pcscd.readers[0]
    assert (tap.evidence.uid, tap.evidence.family) == (UID, nfc.Family.NTAG424)
    assert tap.evidence.assurance is nfc.Assurance.CRYPTOGRAM
    assert counter_of(tap) == 1
    assert 0 < tap.read_s < nfc.Timing().deadline_s
    rig.slot.remove()
    assert rig.inbox.next(nfc.CardGone).reader == tap.reader


def test_the_counter_rises_by_exactly_one_per_tap() -> None:
    with card_rig(timing=nfc.Timing(debounce_s=0.0)) as rig:
        card = member_card(counter=0x0000FF)
        counters = []
        for _ in range(3):
            rig.slot.insert(card)
            counters.append(counter_of(rig.inbox.next(nfc.CardPresented)))
            rig.slot.remove()
            rig.inbox.next(nfc.CardGone)
    assert counters == [0x100, 0x101, 0x102]


def test_a_card_left_on_the_reader_does_not_loop() -> None:
    with card_rig(timing=nfc.Timing(relist_s=0.05)) as rig:
        rig.slot.insert(member_card())
        rig.inbox.next(nfc.CardPresented)
        # Another card's whole visit on the other reader is our clock: meanwhile the watch woke many times.
        rig.second.insert(UidOnly(OTHER_UID))
        rig.inbox.next(nfc.CardPresented, reader=rig.pcscd.readers[1])
        rig.second.remove()
        rig.inbox.next(nfc.CardGone, reader=rig.pcscd.readers[1])
        assert [event for event in rig.inbox.seen if event.reader == rig.pcscd.readers[0]] == [
            nfc.ReaderReady(rig.pcscd.readers[0]),
            next(event for event in rig.inbox.seen if isinstance(event, nfc.CardPresented)),
        ]


def test_the_same_card_back_within_the_window_is_one_tap_another_card_is_not() -> None:
    with card_rig(timing=nfc.Timing(debounce_s=60.0)) as rig:
        card = member_card()
        rig.slot.insert(card)
        rig.inbox.next(nfc.CardPresented)
        rig.slot.remove()
        rig.inbox.next(nfc.CardGone)
        rig.slot.tap(card)
        rig.slot.insert(UidOnly(OTHER_UID))
        assert rig.inbox.next(nfc.CardPresented).evidence.uid == OTHER_UID
        presented = [event for event in rig.inbox.seen if isinstance(event, nfc.CardPresented)]
        assert [event.evidence.uid for event in presented] == [UID, OTHER_UID]


def test_a_card_that_is_waited_for_counts_at_once_and_so_does_one_that_was_back_before(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "nfc.supervisor")
    with card_rig(timing=nfc.Timing(debounce_s=60.0)) as rig:
        card = member_card()
        rig.slot.insert(card)
        rig.inbox.next(nfc.CardPresented)
        rig.slot.remove()
        rig.inbox.next(nfc.CardGone)
        rig.reader.await_card(rig.pcscd.readers[0])
        rig.slot.insert(card)
        rig.inbox.next(nfc.CardPresented)
        rig.slot.remove()
        rig.inbox.next(nfc.CardGone)
        rig.slot.insert(card)  # within its tap, and nobody waits
        until(lambda: "again within one tap, not told" in caplog.text, "the card to be read again")
        rig.reader.await_card(rig.pcscd.readers[1])
        rig.reader.await_card("a reader that is not there")
        assert counters(rig) == [1, 2]
        rig.reader.await_card(rig.pcscd.readers[0])
        rig.inbox.next(nfc.CardPresented)
        rig.reader.await_card(rig.pcscd.readers[0])  # it is told already, so whoever comes next is meant
        rig.slot.remove()
        rig.inbox.next(nfc.CardGone)
        assert counters(rig) == [1, 2, 3]
        rig.slot.insert(card)  # which is waited for since
        rig.inbox.next(nfc.CardPresented)
        rig.slot.remove()
        rig.inbox.next(nfc.CardGone)
        caplog.clear()
        rig.slot.insert(card)
        until(lambda: "again within one tap, not told" in caplog.text, "the card to be read once more")
        rig.reader.close()
        rig.reader.await_card(rig.pcscd.readers[0])
        assert len(counters(rig)) == 4


def counters(rig: CardRig) -> list[int]:
    return [counter_of(event) for event in rig.inbox.seen if isinstance(event, nfc.CardPresented)]


def test_a_card_with_only_a_uid(rig: CardRig) -> None:
    rig.slot.insert(UidOnly(bytes.fromhex("A1B2C3D4"), ATR_CLASSIC_1K))
    evidence = rig.inbox.next(nfc.CardPresented).evidence
    assert (evidence.family, evidence.assurance, evidence.sun_url) == (nfc.Family.CLASSIC, nfc.Assurance.UID, None)
    assert evidence.atr == ATR_CLASSIC_1K


def test_a_phone_is_refused_kindly(rig: CardRig) -> None:
    rig.slot.insert(UidOnly(bytes.fromhex("08112233"), bytes.fromhex("3B80800101")))
    assert rig.inbox.next(nfc.CardUnreadable).reason is nfc.UnreadableReason.RANDOM_UID
    rig.slot.remove()
    rig.inbox.next(nfc.CardGone)


def test_two_readers_at_once(rig: CardRig) -> None:
    rig.slot.insert(member_card())
    rig.second.insert(member_card(OTHER_UID))
    taps = [rig.inbox.next(nfc.CardPresented) for _ in range(2)]
    assert {tap.reader: tap.evidence.uid for tap in taps} == {
        rig.pcscd.readers[0]: UID,
        rig.pcscd.readers[1]: OTHER_UID,
    }


def test_a_pattern_picks_one_reader() -> None:
    with card_rig("pcsc:virtual*00 01") as rig:
        rig.slot.insert(member_card())
        rig.second.insert(member_card(OTHER_UID))
        assert rig.inbox.next(nfc.CardPresented).evidence.uid == OTHER_UID
        rig.second.remove()
        rig.inbox.next(nfc.CardGone)
        assert {event.reader for event in rig.inbox.seen} == {rig.pcscd.readers[1]}


def test_the_service_is_killed_and_comes_back(rig: CardRig) -> None:
    rig.pcscd.kill()
    lost = {rig.inbox.next(nfc.ReaderLost) for _ in range(2)}
    assert lost == {nfc.ReaderLost(name, nfc.LostReason.NO_SERVICE) for name in rig.pcscd.readers}
    rig.pcscd.restart()
    assert {rig.inbox.next(nfc.ReaderReady).reader for _ in range(2)} == set(rig.pcscd.readers)
    rig.slot.insert(member_card())
    assert counter_of(rig.inbox.next(nfc.CardPresented)) == 1


def test_a_card_lying_there_through_a_crash_is_still_the_same_tap() -> None:
    read_again = threading.Event()
    card = member_card()
    card_after = member_card(on_counter=lambda _: read_again.set())
    with card_rig(timing=nfc.Timing(debounce_s=60.0)) as rig:
        rig.slot.insert(card)
        rig.inbox.next(nfc.CardPresented)
        rig.pcscd.kill()
        rig.inbox.next(nfc.CardGone)
        rig.inbox.next(nfc.ReaderLost)
        rig.slot.insert(card_after)
        rig.pcscd.restart()
        rig.inbox.next(nfc.ReaderReady)
        assert read_again.wait(20.0)
        rig.second.insert(UidOnly(OTHER_UID))
        assert rig.inbox.next(nfc.CardPresented).evidence.uid == OTHER_UID


@pytest.mark.parametrize("commands", [0, 1, 2])
def test_a_card_pulled_away_in_the_middle(rig: CardRig, commands: int) -> None:
    rig.slot.insert(PulledAway(member_card(), commands))
    assert rig.inbox.next(nfc.CardUnreadable).reason is nfc.UnreadableReason.REMOVED
    rig.inbox.next(nfc.CardGone)
    assert not [event for event in rig.inbox.seen if isinstance(event, nfc.CardPresented)]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"\x01\x02\x03\x04\x05\x90\x00", nfc.UnreadableReason.GARBAGE),  # a UID of five bytes
        (bytes(4096) + b"\x61\xff", nfc.UnreadableReason.GARBAGE),  # more, and more, and more
        (b"\x6f\x00", nfc.UnreadableReason.NO_IDENTITY),
        (b"\x90", nfc.UnreadableReason.TIMEOUT),  # less than a status word, again and again
    ],
)
def test_a_card_that_answers_nonsense(answer: bytes, reason: nfc.UnreadableReason) -> None:
    with card_rig(timing=nfc.Timing(deadline_s=1.0)) as rig:
        rig.slot.insert(Garbage(lambda _: answer))
        assert rig.inbox.next(nfc.CardUnreadable).reason is reason
        rig.slot.remove()
        rig.inbox.next(nfc.CardGone)
        rig.slot.insert(member_card())
        assert rig.inbox.next(nfc.CardPresented).evidence.uid == UID


def test_a_card_that_wobbles_in_the_field_is_read_all_the_same(rig: CardRig) -> None:
    rig.slot.insert(PulledAway(member_card(), 2, back=True))
    assert counter_of(rig.inbox.next(nfc.CardPresented)) == 1
    assert not [event for event in rig.inbox.seen if isinstance(event, nfc.CardUnreadable)]


def test_a_card_that_agrees_on_no_protocol(rig: CardRig) -> None:
    rig.slot.insert(Garbage(lambda _: b"\x90\x00", atr=b"\x00\x11\x22\x33"))
    assert rig.inbox.next(nfc.CardUnreadable).reason is nfc.UnreadableReason.UNRESPONSIVE


def test_a_mute_card_is_given_up_and_the_next_card_works() -> None:
    with card_rig(timing=nfc.Timing(deadline_s=1.0)) as rig:
        rig.slot.insert(Mute())
        assert rig.inbox.next(nfc.CardUnreadable).reason is nfc.UnreadableReason.TIMEOUT
        rig.slot.remove()
        rig.inbox.next(nfc.CardGone)
        rig.slot.insert(member_card())
        assert rig.inbox.next(nfc.CardPresented).evidence.uid == UID


def test_closing_does_not_wait_for_a_mute_card() -> None:
    with card_rig(timing=nfc.Timing(deadline_s=0.2, close_s=0.3)) as rig:
        rig.slot.insert(Mute())
        rig.inbox.next(nfc.CardUnreadable)
        rig.reader.close()
        rig.slot.remove()
        assert not rig.inbox.drain()
    for thread in threading.enumerate():
        if thread.name == "nfc-read":
            thread.join(20.0)
            assert not thread.is_alive()


def test_after_closing_nothing_is_told_and_no_thread_is_left(rig: CardRig) -> None:
    rig.reader.close()
    rig.slot.tap(member_card())
    assert not [event for event in rig.inbox.drain() if not isinstance(event, nfc.ReaderReady)]
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("nfc-")]


def test_without_a_service_the_reader_waits_for_it() -> None:
    inbox = Inbox()
    with lead_here(), nfc.open_reader("pcsc", inbox):
        assert inbox.next(nfc.ReaderLost) == nfc.ReaderLost("", nfc.LostReason.NO_SERVICE)
        with pytest.raises(service.ServiceLost):
            reader.list_readers()
        with private_pcscd() as pcscd:
            assert inbox.next(nfc.ReaderReady).reader == pcscd.readers[0]
            assert tuple(found.name for found in reader.list_readers()) == pcscd.readers


def test_a_reader_that_is_not_there_is_told_once() -> None:
    inbox = Inbox()
    with private_pcscd(), nfc.open_reader("pcsc:ACR122U", inbox, timing=nfc.Timing(relist_s=0.02)) as watch:
        assert inbox.next(nfc.ReaderLost) == nfc.ReaderLost("", nfc.LostReason.NO_READER)
        with nfc.open_reader("pcsc", second := Inbox()):
            second.next(nfc.ReaderReady)  # by now the first has looked again many times
        watch.close()
        assert inbox.drain() == []


def test_a_reader_without_lights_says_so(rig: CardRig) -> None:
    assert not rig.reader.signal(rig.pcscd.readers[0], nfc.Signal.ACCEPTED)
