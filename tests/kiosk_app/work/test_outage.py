"""What the work makes of the offline desk: terms for the screen, a voucher, a limit, a disk that is full."""

import sqlite3
from collections.abc import Iterator

import pytest

from club.model import errors
from club.model.clock import HandClock
from club.sync.offline_desk import Wish
from kiosk_app.flow import effects as ef
from kiosk_app.flow import events as ev
from kiosk_app.flow.outage import Held, Terms
from kiosk_app.flow.state import Digits
from kiosk_app.work.doer import Doer
from kiosk_app.work.outage import Counter
from kiosk_app.work.sounds import Silence
from kiosk_app.work.tap_times import TapTimes
from tests.support import kiosk_values as make
from tests.support import outage_values
from tests.support.kiosk_house import FakeCommands, FakeDesk, FakeMirror, FakeServer, Posted

HAND_OUT = ef.HandOut("command-0001", make.SESSION, "detail-wash", Digits("314159"))


class Bench:
    def __init__(self) -> None:
        self.desk, self.posted = FakeDesk(), Posted()
        counter = Counter(self.desk, self.desk, self.posted)
        times = TapTimes(HandClock(make.DRAWN).monotonic)
        self.doer = Doer(FakeServer(), FakeMirror(), FakeCommands(), Silence(), self.posted, times, counter)
        self.doer.do(ef.OpenCardSession(make.SESSION, make.an_evidence(), make.DRAWN))


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.doer.close()


def test_a_piece_is_handed_out_under_the_taps_evidence_and_id(bench: Bench) -> None:
    bench.doer.do(HAND_OUT)
    told = bench.posted.until(lambda event: isinstance(event, ev.OfflineHanded))
    assert isinstance(told, ev.OfflineHanded)
    assert bench.desk.wishes == [Wish("command-0001", make.SESSION, "detail-wash", make.an_evidence(), "314159")]
    held = told.held
    assert (held.command_id, held.points, held.voucher.code, held.voucher.qr) == (
        "command-0001",
        600,
        outage_values.CODE,
        outage_values.QR,
    )
    assert held.voucher.stores == (make.a_store().name,)


def test_the_terms_tell_what_is_held_and_what_it_takes(bench: Bench) -> None:
    bench.doer.do(HAND_OUT)
    bench.posted.until(lambda event: isinstance(event, ev.OfflineHanded))
    bench.doer.do(ef.AskOffline(make.SESSION))
    told = bench.posted.until(lambda event: isinstance(event, ev.OfflineTermsCame))
    assert isinstance(told, ev.OfflineTermsCame)
    terms: Terms = told.terms
    (held,) = terms.held
    assert isinstance(held, Held)
    assert (terms.unbooked, terms.genuine, terms.handing_out) == (600, True, True)
    assert terms.against("detail-wash") is None
    assert terms.against("of no catalogue") is not None


def test_a_limit_says_no(bench: Bench) -> None:
    bench.desk.error = errors.OfflineRefused(reason="floor")
    bench.doer.do(HAND_OUT)
    told = bench.posted.until(lambda event: isinstance(event, ev.OfflineNotHanded))
    assert told == ev.OfflineNotHanded("command-0001", bench.desk.error)


def test_a_full_disk_is_told_and_nothing_is_handed_out(bench: Bench) -> None:
    bench.desk.error = sqlite3.OperationalError("database or disk is full")
    bench.doer.do(HAND_OUT)
    bench.doer.do(ef.AskOffline(make.SESSION))  # and the look that fails changes nothing
    assert bench.posted.until(lambda event: isinstance(event, ev.CommandNotStored)) == ev.CommandNotStored(
        "command-0001"
    )
    bench.doer.close()
    assert not any(isinstance(event, ev.OfflineTermsCame) for event in bench.posted.events)


def test_nothing_is_handed_out_to_a_visit_that_is_over(bench: Bench) -> None:
    bench.doer.do(ef.EndSession(make.SESSION, ef.Ending.DONE))
    bench.doer.do(HAND_OUT)
    bench.doer.close()
    assert bench.desk.wishes == []
