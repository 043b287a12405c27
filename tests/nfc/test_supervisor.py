"""The watch against a scripted service: unplugging, swapped cards, other programs, our own faults (spec N1, N7)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

import pytest

import nfc
from nfc import service
from nfc.supervisor import Supervisor
from nfc.virtual.card import UidOnly
from tests.nfc.scripted_service import ScriptedService
from tests.support.rig import UID, Inbox, member_card

READER = "ACS ACR122U PICC Interface 00 00"
OTHER = "Some Reader 01 00"
OTHER_UID = bytes.fromhex("04112233445566")


class Watch:
    """A watch on a scripted service."""

    def __init__(self, **timing: float) -> None:
        self.service = ScriptedService()
        self.inbox = Inbox()
        patience = nfc.Timing(**{"backoff_first_s": 0.01, "backoff_most_s": 0.02, "relist_s": 5.0} | timing)
        self.supervisor = Supervisor(self.service.open_context, "", self.inbox, time.monotonic, patience)


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
            assert tries.acquire(timeout=5.0)
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
