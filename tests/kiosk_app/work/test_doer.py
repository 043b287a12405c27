import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from club.model import errors
from club.model.clock import HandClock
from club.wire.cards import OpenCardSession, OpenCodeSession, OpenPhoneSession, StepUp
from club.wire.rewards import Redeem
from kiosk_app.flow import effects as ef
from kiosk_app.flow import events as ev
from kiosk_app.flow.state import Digits
from kiosk_app.work.doer import Doer
from kiosk_app.work.outage import Counter
from kiosk_app.work.tap_times import TapTimes
from tests.support import kiosk_values as make
from tests.support.kiosk_house import UNREACHABLE, FakeCommands, FakeDesk, FakeMirror, FakeServer, Posted
from tests.support.wait import until

COMMAND = Redeem(
    command_id="command-0001",
    session_id=make.SESSION,
    reward="detail-wash",
    quantity=2,
    unit_points=600,
    grant="grant-0001",
)
OPEN = ef.OpenCardSession(make.SESSION, make.an_evidence(), make.DRAWN)
STEP_UP = ef.AskStepUp("command-0001", make.SESSION, "ab" * 32, Digits("314159"))


class Cues:
    def __init__(self) -> None:
        self.played: list[str] = []

    def play(self, name: str) -> None:
        self.played.append(name)


@dataclass
class Bench:
    server: FakeServer = field(default_factory=FakeServer)
    mirror: FakeMirror = field(default_factory=FakeMirror)
    commands: FakeCommands = field(default_factory=FakeCommands)
    desk: FakeDesk = field(default_factory=FakeDesk)
    cues: Cues = field(default_factory=Cues)
    posted: Posted = field(default_factory=Posted)

    def __post_init__(self) -> None:
        times = TapTimes(HandClock(make.DRAWN).monotonic)
        counter = Counter(self.desk, self.desk, self.posted)
        self.forgotten: list[str] = []
        self.torn: set[str] = set()
        self.awaited: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self.doer = Doer(
            self.server,
            self.mirror,
            self.commands,
            self.cues,
            self.posted,
            times,
            counter,
            was_torn=self.torn.__contains__,
            forget=self.forgotten.append,
            await_card=self.awaits,
        )

    def awaits(self, tap: str) -> Callable[[], None]:
        return lambda: self.awaited.put((tap, threading.current_thread().name))


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.server.free.set()
    made.doer.close()


def test_a_tap_asks_the_central_api_and_a_hanging_network_does_not_hold_the_mirror_up(bench: Bench) -> None:
    bench.server.free.clear()
    bench.doer.do(OPEN)
    assert bench.doer.recognise(make.SESSION, make.an_evidence().uid) == ev.MirrorAnswered(
        make.SESSION, make.a_mirror_member()
    )
    bench.server.free.set()
    assert bench.posted.until(lambda event: isinstance(event, ev.SessionOpened)) == ev.SessionOpened(make.a_session())
    assert bench.server.asked == [
        OpenCardSession(session_id=make.SESSION, evidence=make.an_evidence(), tapped_at=make.DRAWN)
    ]


def test_a_card_the_mirror_does_not_know(bench: Bench) -> None:
    bench.mirror.uid = "04AA"
    assert bench.doer.recognise(make.SESSION, make.an_evidence().uid) == ev.MirrorAnswered(make.SESSION, None)


def test_a_refusal_and_a_missing_answer_are_told_apart(bench: Bench) -> None:
    bench.server.error = errors.CardBlocked(reason="lost")
    bench.doer.do(OPEN)
    told = bench.posted.until(lambda event: isinstance(event, ev.SessionRefused))
    assert isinstance(told, ev.SessionRefused)
    assert told.error is bench.server.error
    bench.server.error = UNREACHABLE
    bench.doer.do(ef.RetryOpenSession(make.SESSION))
    assert bench.posted.until(lambda event: isinstance(event, ev.SessionUnreachable)) == ev.SessionUnreachable(
        make.SESSION
    )


@pytest.mark.parametrize("error", [errors.CardDowngraded(), errors.CardBlocked(reason="lost")])
@pytest.mark.parametrize("torn", [False, True])
def test_a_card_refused_for_the_proof_it_was_torn_from_is_no_refusal(
    bench: Bench, error: errors.ClubError, torn: bool
) -> None:
    bench.server.error = error
    if torn:
        bench.torn.add(make.SESSION)
    bench.doer.do(OPEN)
    told = bench.posted.until(lambda event: isinstance(event, ev.SessionTorn | ev.SessionRefused))
    kind = ev.SessionTorn if torn and isinstance(error, errors.CardDowngraded) else ev.SessionRefused
    assert isinstance(told, kind)


def test_a_torn_card_is_waited_for_off_the_ui_thread(bench: Bench) -> None:
    bench.doer.do(ef.AwaitCard(make.SESSION))
    tap, thread = bench.awaited.get(timeout=20.0)
    assert tap == make.SESSION
    assert thread != threading.current_thread().name


def test_a_tap_that_began_no_visit_is_forgotten(bench: Bench) -> None:
    bench.doer.do(ef.DropTap("session-0002"))
    assert bench.forgotten == ["session-0002"]


def test_number_and_pin_are_asked_about_once_and_stand_in_no_log(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ask = ef.OpenPhoneSession(make.SESSION, Digits("13800006621"), Digits("314159"))
    bench.doer.do(ask)
    opened = ev.SessionOpened(make.a_session(assurance="phone"))
    assert bench.posted.until(lambda event: isinstance(event, ev.SessionOpened)) == opened
    assert bench.server.asked == [OpenPhoneSession(session_id=make.SESSION, phone="13800006621", pin="314159")]
    bench.server.error = errors.PhoneOrPinWrong(tries_left=4)
    bench.doer.do(ask)
    bench.posted.until(lambda event: isinstance(event, ev.SessionRefused))
    bench.server.error = UNREACHABLE
    bench.doer.do(ask)
    bench.posted.until(lambda event: isinstance(event, ev.SessionUnreachable))
    assert not bench.doer.holds_evidence
    assert "13800006621" not in caplog.text
    assert "314159" not in caplog.text


def test_a_member_code_is_asked_about_and_stands_in_no_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ask = ef.OpenCodeSession(make.SESSION, make.MEMBER_CODE)
    bench.doer.do(ask)
    opened = ev.SessionOpened(make.a_session(assurance="code"))
    assert bench.posted.until(lambda event: isinstance(event, ev.SessionOpened)) == opened
    assert bench.server.asked == [OpenCodeSession(session_id=make.SESSION, code=make.MEMBER_CODE)]
    bench.server.error = UNREACHABLE
    bench.doer.do(ask)
    bench.posted.until(lambda event: isinstance(event, ev.SessionUnreachable))
    assert not bench.doer.holds_evidence
    assert make.MEMBER_CODE not in caplog.text.upper()


def test_a_retry_asks_with_the_same_evidence_and_only_while_the_session_runs(bench: Bench) -> None:
    bench.doer.do(OPEN)
    bench.posted.until(lambda event: isinstance(event, ev.SessionOpened))
    bench.doer.do(ef.RetryOpenSession("session-9999"))
    bench.doer.do(ef.EndSession(make.SESSION, ef.Ending.DONE))
    bench.doer.do(ef.RetryOpenSession(make.SESSION))
    bench.commands.until("end_session")
    bench.doer.close()
    assert [asked for asked in bench.server.asked if isinstance(asked, OpenCardSession)] == [bench.server.asked[0]]
    assert not bench.doer.holds_evidence
    assert bench.forgotten == [make.SESSION], "whoever else remembers the card is told"


def test_the_pin_goes_to_the_central_api_and_its_answer_back(bench: Bench) -> None:
    bench.doer.do(STEP_UP)
    assert bench.posted.until(lambda event: isinstance(event, ev.StepUpGranted)) == ev.StepUpGranted(
        "command-0001", "grant-0001"
    )
    assert bench.server.asked == [
        StepUp(command_id="command-0001", session_id=make.SESSION, body_sha256="ab" * 32, pin="314159")
    ]


@pytest.mark.parametrize(
    ("error", "kind"), [(errors.PinWrong(tries_left=4), ev.StepUpRefused), (UNREACHABLE, ev.StepUpUnreachable)]
)
def test_a_pin_that_is_not_granted(bench: Bench, error: Exception, kind: type) -> None:
    bench.server.error = error
    bench.doer.do(STEP_UP)
    told = bench.posted.until(lambda event: isinstance(event, kind))
    assert isinstance(told, ev.StepUpRefused | ev.StepUpUnreachable)
    assert told.command_id == "command-0001"


def test_a_command_is_written_down_with_its_hold(bench: Bench) -> None:
    bench.doer.do(ef.SubmitRedeem(COMMAND, 1200, "m0001"))
    bench.commands.until("submit command-0001")
    assert bench.commands.submitted == [(COMMAND, "m0001", 1200)]


@pytest.mark.parametrize("error", [sqlite3.OperationalError("disk full"), OSError("no space")])
def test_a_command_that_cannot_be_written_down_says_so(bench: Bench, error: Exception) -> None:
    bench.commands.error = error
    bench.doer.do(ef.SubmitRedeem(COMMAND, 1200, "m0001"))
    assert bench.posted.until(lambda event: isinstance(event, ev.CommandNotStored)) == ev.CommandNotStored(
        "command-0001"
    )


def test_the_end_of_a_visit_stands_before_the_next_ones_command(bench: Bench) -> None:
    bench.server.free.clear()
    bench.doer.do(ef.EndSession(make.SESSION, ef.Ending.OTHER_CARD))
    bench.doer.do(ef.SubmitRedeem(COMMAND, 1200, "m0001"))
    bench.doer.shown("command-0001")
    bench.commands.until("acknowledge command-0001")
    assert bench.commands.log == ["end_session", "submit command-0001", "acknowledge command-0001"]


def test_a_stray_session_is_closed_and_the_visit_that_runs_is_not(bench: Bench) -> None:
    bench.doer.do(ef.OpenCardSession(make.SESSION, make.an_evidence(), make.DRAWN))
    bench.doer.do(ef.EndStray("session-0000"))
    until(lambda: ("ended", "session-0000") in bench.server.asked, "the stray session to be closed")
    assert bench.doer.holds_evidence
    assert (bench.commands.log, bench.forgotten) == ([], [])


def test_fresh_figures_arrive_as_the_session_and_their_absence_is_told(bench: Bench) -> None:
    bench.doer.do(ef.RefreshSession(make.SESSION))
    told = bench.posted.until(lambda event: isinstance(event, ev.SessionOpened))
    assert isinstance(told, ev.SessionOpened)
    assert told.session.member.points == 5080
    bench.server.error = errors.SessionEnded()
    bench.doer.do(ef.RefreshSession(make.SESSION))
    bench.posted.until(lambda event: event == ev.SessionUnreachable(make.SESSION))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, ev.HistoryCame(make.SESSION, "spent", "mv-0001", make.a_history(next_before="mv-0006"))),
        (UNREACHABLE, ev.HistoryFailed(make.SESSION, "spent", "mv-0001")),
    ],
)
def test_a_page_of_the_history_is_fetched_as_asked(bench: Bench, error: Exception | None, told: ev.Event) -> None:
    bench.server.error = error
    bench.doer.do(ef.FetchHistory(make.SESSION, "spent", "mv-0001"))
    assert bench.posted.until(lambda event: isinstance(event, ev.HistoryCame | ev.HistoryFailed)) == told
    assert bench.server.asked == [("history", make.SESSION, "spent", "mv-0001")]


def test_a_refused_history_says_why(bench: Bench) -> None:
    bench.server.error = errors.SessionEnded()
    bench.doer.do(ef.FetchHistory(make.SESSION))
    told = bench.posted.until(lambda event: isinstance(event, ev.HistoryFailed))
    assert isinstance(told, ev.HistoryFailed)
    assert isinstance(told.error, errors.SessionEnded)


def test_cues_and_waking(bench: Bench) -> None:
    bench.doer.do(ef.PlaySound("success"))
    bench.doer.do(ef.WakeSync())
    assert (bench.cues.played, bench.commands.log) == (["success"], ["wake"])


def test_a_bug_takes_no_thread_away_and_its_message_is_not_logged(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.server.error = RuntimeError("王先生 6,280")
    with caplog.at_level(logging.DEBUG):
        for _ in range(8):
            bench.doer.do(OPEN)
        bench.server.error = None
        bench.doer.do(STEP_UP)
        bench.posted.until(lambda event: isinstance(event, ev.StepUpGranted))
    assert "unforeseen RuntimeError" in caplog.text
    assert "王先生" not in caplog.text


def test_after_the_end_nothing_is_taken_and_nothing_is_left_running(bench: Bench) -> None:
    bench.doer.close()
    bench.doer.do(OPEN)
    assert bench.server.asked == []
    assert not bench.posted.events
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("kiosk-disk")]


def test_the_log_holds_ids_and_codes_and_nothing_of_the_member(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        bench.doer.do(OPEN)
        bench.posted.until(lambda event: isinstance(event, ev.SessionOpened))
        bench.doer.do(STEP_UP)
        bench.posted.until(lambda event: isinstance(event, ev.StepUpGranted))
        bench.doer.do(ef.SubmitRedeem(COMMAND, 1200, "m0001"))
        bench.commands.until("submit command-0001")
        bench.doer.do(ef.EndSession(make.SESSION, ef.Ending.DONE))
        bench.doer.close()
    assert "command-0001" in caplog.text
    for secret in ("314159", "04BF3929190E8A", "e=AA", "grant-0001", "王", "Wang", "2719", "m0001"):
        assert secret not in caplog.text
