"""The watch against a scripted service: unplugging, swapped cards, other programs, our own faults (spec N1, N7)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

import pytest

import nfc
from nfc import naming, service
from nfc.supervisor import Supervisor
from nfc.virtual.card import ATR_ULTRALIGHT, UidOnly
from tests.nfc.scripted_service import ScriptedService
from tests.support.rig import UID, Inbox, member_card
from tests.support.wait import until

READER = "ACS ACR122U PICC Interface 00 00"
OTHER = "Some Reader 01 00"
OTHER_UID = bytes.fromhex("04112233445566")


class Watch:
    """A watch on a scripted service."""

    def __init__(self, spec: str = "pcsc", **timing: float) -> None:
        self.service = ScriptedService()
        self.inbox = Inbox()
        patience = nfc.Timing(**{"backoff_first_s": 0.01, "backoff_most_s": 0.02, "relist_s": 5.0} | timing)
        self.supervisor = Supervisor(
            self.service.open_context, naming.choice(spec), self.inbox, time.monotonic, patience
        )


@pytest.fixture
def watch() -> Iterator[Watch]:
    running = Watch()
    running.service.plug(READER)
    with running.supervisor:
        running.supervisor.start()
        running.inbox.next(nfc.ReaderReady)
        yield running


def test_a_reader_comes_and_goes(watch: Watch) -> None:
    watch.service.plug(OTHER)
    assert watch.inbox.next(nfc.ReaderReady) == nfc.ReaderReady(OTHER)
    watch.service.unplug(OTHER)
    assert watch.inbox.next(nfc.ReaderLost) == nfc.ReaderLost(OTHER, nfc.LostReason.UNPLUGGED)
    watch.service.plug(OTHER)
    assert watch.inbox.next(nfc.ReaderReady) == nfc.ReaderReady(OTHER)


def test_a_card_on_an_unplugged_reader_is_gone_first(watch: Watch) -> None:
    watch.service.lay(READER, member_card())
    watch.inbox.next(nfc.CardPresented)
    watch.service.unplug(READER)
    watch.inbox.next(nfc.ReaderLost)
    assert watch.inbox.seen[-2:] == [nfc.CardGone(READER), nfc.ReaderLost(READER, nfc.LostReason.UNPLUGGED)]


def test_a_card_swapped_unseen_is_a_new_tap(watch: Watch) -> None:
    watch.service.lay(READER, member_card())
    watch.inbox.next(nfc.CardPresented)
    watch.service.lay(READER, UidOnly(OTHER_UID), moves=2)
    watch.inbox.next(nfc.CardGone)
    assert watch.inbox.next(nfc.CardPresented).evidence.uid == OTHER_UID


def test_the_count_of_the_arrival_itself_is_no_swap(watch: Watch) -> None:
    watch.service.lay(READER, member_card(), moves=0)
    watch.inbox.next(nfc.CardPresented)
    watch.service.lay(READER, UidOnly(OTHER_UID), moves=1)
    watch.service.take(READER)
    watch.inbox.next(nfc.CardGone)
    assert len([event for event in watch.inbox.seen if isinstance(event, nfc.CardPresented)]) == 1


@pytest.mark.parametrize(
    "faults",
    [
        [service.CardReset("reset")],
        [service.CardBusy("busy")] * 3,
        [service.CardSilent("mute")] * 2,
        [service.CardRemoved("wobbled")],
    ],
)
def test_other_programs_and_a_wobbling_card_only_delay_the_tap(watch: Watch, faults: list[Exception]) -> None:
    watch.service.faults = faults
    watch.service.lay(READER, member_card())
    assert watch.inbox.next(nfc.CardPresented).evidence.uid == UID


def test_a_card_held_by_another_program_for_too_long() -> None:
    watch = Watch(deadline_s=0.2)
    watch.service.plug(READER)
    watch.service.faults = [service.CardBusy("busy")] * 1000
    with watch.supervisor:
        watch.supervisor.start()
        watch.inbox.next(nfc.ReaderReady)
        watch.service.lay(READER, member_card())
        assert watch.inbox.next(nfc.CardUnreadable).reason is nfc.UnreadableReason.TIMEOUT


def test_a_fault_of_our_own_is_logged_and_the_watch_goes_on(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    watch.service.fail(RuntimeError("boom"))
    assert watch.inbox.next(nfc.ReaderLost).reader == READER
    watch.service.fail(None)
    assert watch.inbox.next(nfc.ReaderReady).reader == READER
    assert "card watch failed" in caplog.text


def test_a_dead_service_is_told_and_logged_once(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    tries = threading.Semaphore(0)
    dead = service.ServiceLost("SCardEstablishContext: 8010001D")

    def refuse() -> service.Context:
        tries.release()
        raise dead

    with caplog.at_level(logging.WARNING, logger="nfc.supervisor"):
        watch.supervisor._open_context = refuse
        watch.service.fail(dead)
        for _ in range(10):
            assert tries.acquire(timeout=20.0)
    watch.inbox.next(nfc.ReaderLost)
    assert watch.inbox.drain() == []
    assert len([record for record in caplog.records if "service lost" in record.message]) == 1


def test_the_log_never_names_a_card(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        watch.service.lay(READER, member_card())
        watch.inbox.next(nfc.CardPresented)
        watch.service.take(READER)
        watch.inbox.next(nfc.CardGone)
    assert "claims cryptogram" in caplog.text
    assert UID.hex() not in caplog.text.lower()
    assert "c.example.invalid" not in caplog.text


def test_a_reader_with_lights_is_told_to_blink(watch: Watch) -> None:
    assert watch.supervisor.signal(READER, nfc.Signal.ACCEPTED)
    with watch.service.changed:
        assert watch.service.changed.wait_for(lambda: watch.service.escapes, 5.0)
    [(reader, command)] = watch.service.escapes
    assert reader == READER
    assert command.startswith(bytes.fromhex("FF0040"))
    assert not watch.supervisor.signal(OTHER, nfc.Signal.ACCEPTED)


def test_a_reader_that_takes_no_signals_is_asked_once_until_it_is_plugged_in_again(watch: Watch) -> None:
    watch.service.escape_fault = service.CardSilent("SCardControl: 80100016")
    assert watch.supervisor.signal(READER, nfc.Signal.ACCEPTED)
    until(lambda: not watch.supervisor.signal(READER, nfc.Signal.ACCEPTED), "the reader to be left in peace")
    watch.service.escape_fault = None
    watch.service.unplug(READER)
    watch.inbox.next(nfc.ReaderLost)
    watch.service.plug(READER)
    watch.inbox.next(nfc.ReaderReady)
    assert watch.supervisor.signal(READER, nfc.Signal.ACCEPTED)


@pytest.mark.parametrize("spec", ["pcsc:serial=70d7e2ee", "pcsc:port=1-1.2"])
def test_the_reader_of_a_serial_number_or_port_is_found_in_any_order(spec: str) -> None:
    watch = Watch(spec)
    first, second = "Equal Reader (70D7E2EF) 00 00", "Equal Reader (70D7E2EE) 01 00"
    watch.service.channels = {first: 0x0020_0105, second: 0x0020_0107}
    with pytest.MonkeyPatch.context() as patch, watch.supervisor:
        patch.setattr(naming, "usb_port", lambda channel: {0x0020_0107: "1-1.2"}.get(channel, ""))
        watch.service.plug(first)
        watch.service.plug(second)
        watch.supervisor.start()
        assert watch.inbox.next(nfc.ReaderReady).reader == second
        watch.service.unplug(second)
        watch.inbox.next(nfc.ReaderLost)
        renamed = "Equal Reader (70D7E2EE) 00 00"
        watch.service.channels[renamed] = 0x0020_0107
        watch.service.plug(renamed)
        assert watch.inbox.next(nfc.ReaderReady).reader == renamed
        assert {event.reader for event in watch.inbox.seen if isinstance(event, nfc.ReaderReady)} == {second, renamed}


def test_a_card_that_never_answers_parks_one_thread_and_the_next_card_waits_for_it() -> None:
    watch = Watch(deadline_s=0.3)
    stuck = Stuck()
    watch.service.plug(READER)
    with watch.supervisor:
        watch.supervisor.start()
        watch.inbox.next(nfc.ReaderReady)
        for _ in range(5):
            watch.service.lay(READER, stuck, moves=2)
            assert watch.inbox.next(nfc.CardUnreadable).reason is nfc.UnreadableReason.TIMEOUT
            assert len(readers_threads()) == 1
        assert stuck.asked == 1
        watch.service.lay(READER, member_card(), moves=2)
        stuck.freed.set()
        assert watch.inbox.next(nfc.CardPresented).evidence.uid == UID
    until(lambda: not readers_threads(), "no reader thread")


class Stuck:
    """A card in a driver that hangs, also when the card is long gone."""

    atr = ATR_ULTRALIGHT

    def __init__(self) -> None:
        self.freed = threading.Event()
        self.asked = 0

    def power_on(self) -> None:
        """Nothing to forget."""

    def transmit(self, command: bytes) -> bytes | None:
        self.asked += 1
        assert self.freed.wait(20.0)
        return None


def readers_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "nfc-read"]
