"""A card that can be asked is asked before its session is opened, once, with bytes the kiosk only carries (N3)."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

import nfc
from club.model import errors
from club.sync.errors import ServerUnreachable
from club.wire.card_runs import CardRunStep
from club.wire.cards import Evidence, OpenCardSession
from kiosk_app.work.card_talk import THREAD, CardMute
from kiosk_app.work.proving import Prover
from kiosk_app.work.taps import Taps
from nfc import service
from nfc.evidence import Challenge
from nfc.protocol import apdu
from nfc.protocol import errors as card_errors
from tests.kiosk_app.work.test_card_runs import Server

UID = bytes.fromhex("04A1B2C3D4E5F6")
READER, SESSION, RUN = "Reader 00 00", "session-0001", "run-000001"
STEPS = (
    CardRunStep(run_id=RUN, index=0, command="5A01", what="select"),
    CardRunStep(run_id=RUN, index=1, command="7102", what="prove"),
    CardRunStep(run_id=RUN, index=2, done=True, version=1),
)
REQUEST = OpenCardSession(
    session_id=SESSION,
    evidence=Evidence(uid=UID.hex().upper(), family="desfire"),
    tapped_at=datetime(2026, 5, 16, tzinfo=UTC),
)


class Table:
    """A reader with a card that can be asked, and the prover over a server."""

    def __init__(self, *answers: CardRunStep | Exception, fault: Exception | None = None, resets: int = 0) -> None:
        self.server = Server(*answers)
        self.carried: list[bytes] = []
        self._fault, self._resets = fault, resets
        self.taps = Taps()
        self.prover = Prover(_Wired(self.server), self.taps, self._connect, lambda: RUN)

    def tap(self, challenge: Challenge | None = Challenge.DESFIRE, session_id: str = SESSION) -> None:
        evidence = nfc.Evidence(UID, nfc.Family.DESFIRE, nfc.Assurance.UID, None, b"", challenge)
        self.taps.tapped(session_id, READER, evidence)

    @contextmanager
    def _connect(self, reader: str) -> Iterator[apdu.Transmit]:
        assert reader == READER
        if self._fault:
            raise self._fault
        yield self._transmit

    def _transmit(self, command: bytes) -> bytes:
        self.carried.append(command)
        if self._resets:
            self._resets -= 1
            raise service.CardReset("another program did")
        return b"\x90\x00"


class _Wired:
    """The scripted server under any run's id."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def begin_card_run(self, request: object) -> CardRunStep:
        return self._server._next(request)  # type: ignore[arg-type]

    def answer_card_run(self, run_id: str, request: object) -> CardRunStep:
        assert run_id == RUN
        return self._server._next(request)  # type: ignore[arg-type]


def test_the_proof_travels_with_the_evidence_also_when_it_is_sent_again() -> None:
    table = Table(*STEPS)
    table.tap()
    proved = table.prover.proved(REQUEST)
    assert (proved.evidence.proof, proved.session_id) == (RUN, SESSION)
    assert table.carried == [bytes.fromhex("5A01"), bytes.fromhex("7102")]
    assert table.prover.proved(REQUEST) == proved
    assert len(table.carried) == 2


@pytest.mark.parametrize(
    "table",
    [
        Table(STEPS[0], errors.CryptogramWrong("not proved")),
        Table(errors.CardUnknown("nobody's")),
        Table(fault=service.CardRemoved("gone")),
        Table(STEPS[0], STEPS[0], resets=2),
    ],
)
def test_a_card_that_proves_nothing_is_opened_as_what_it_is(table: Table) -> None:
    table.tap()
    assert table.prover.proved(REQUEST) == REQUEST
    assert table.prover.proved(REQUEST) == REQUEST


@pytest.mark.parametrize("fault", [ServerUnreachable("gone"), errors.Unavailable("the database is away")])
def test_a_server_that_is_not_reached_or_out_of_order_is_asked_again_later(fault: Exception) -> None:
    table = Table(fault, *STEPS)
    table.tap()
    with pytest.raises(ServerUnreachable):
        table.prover.proved(REQUEST)
    assert table.prover.proved(REQUEST).evidence.proof == RUN


@pytest.mark.parametrize(
    ("family", "challenge", "uid"),
    [
        (nfc.Family.CPU, Challenge.CPU, "A1B2C3D4"),
        (nfc.Family.CPU, Challenge.CPU, "04A1B2C3D4E5F6"),
        (nfc.Family.PHONE, Challenge.PHONE, "C0FFEE0000000001"),
    ],
)
def test_cpu_cards_and_phones_are_asked_too(family: nfc.Family, challenge: Challenge, uid: str) -> None:
    table = Table(*STEPS)
    evidence = nfc.Evidence(bytes.fromhex(uid), family, nfc.Assurance.UID, None, b"", challenge)
    table.taps.tapped(SESSION, READER, evidence)
    assert table.prover.proved(REQUEST).evidence.proof == RUN


def test_a_visit_is_remembered_until_it_ends() -> None:
    table = Table(*STEPS)
    table.tap()
    table.tap(session_id="session-0002")  # the same card once more says nothing against the first tap
    assert table.prover.proved(REQUEST).evidence.proof == RUN
    assert repr(UID) not in repr(vars(table.prover))
    table.taps.forget(SESSION)
    assert table.prover.proved(REQUEST) == REQUEST


@pytest.mark.parametrize(
    ("table", "torn"),
    [
        (Table(fault=service.CardRemoved("gone")), True),
        (Table(STEPS[0], fault=card_errors.CardLeft(b"")), True),
        (Table(STEPS[0], errors.CryptogramWrong("not proved")), False),
        (Table(fault=service.CardSilent("the transmission failed")), True),
        (Table(fault=CardMute("it lies there and does not answer")), False),
        (Table(*STEPS), False),
    ],
)
def test_a_card_taken_away_while_it_is_asked_is_told_from_one_that_proves_nothing(table: Table, torn: bool) -> None:
    table.tap()
    table.prover.proved(REQUEST)
    assert table.prover.was_torn(SESSION) is torn
    assert not table.prover.was_torn("session-0009")
    table.taps.forget(SESSION)
    assert not table.prover.was_torn(SESSION)


def test_other_cards_and_other_sessions_are_not_asked() -> None:
    table = Table()
    assert table.prover.proved(REQUEST) == REQUEST
    table.tap(challenge=None)
    assert table.prover.proved(REQUEST) == REQUEST
    table.tap(session_id="session-0002")
    assert table.prover.proved(REQUEST) == REQUEST
    assert table.server.asked == []


def test_a_card_that_another_program_reset_is_asked_once_more() -> None:
    table = Table(STEPS[0], *STEPS, resets=1)
    table.tap()
    assert table.prover.proved(REQUEST).evidence.proof == RUN
    assert table.carried == [bytes.fromhex("5A01"), *(bytes.fromhex(step.command) for step in STEPS[:2])]


@pytest.mark.parametrize("where", ["connect", "transmit"])
def test_a_mute_card_is_given_up_and_holds_up_no_thread_that_others_wait_for(where: str) -> None:
    let_go = threading.Event()
    left = threading.Event()

    @contextmanager
    def connect(_reader: str) -> Iterator[apdu.Transmit]:
        if where == "connect":
            let_go.wait()
        try:
            yield mute
        finally:
            left.set()

    def mute(_command: bytes) -> bytes:
        let_go.wait()
        return b""

    taps = Taps()
    prover = Prover(_Wired(Server(STEPS[0])), taps, connect, lambda: RUN, patience_s=0.05)
    taps.tapped(SESSION, READER, nfc.Evidence(UID, nfc.Family.DESFIRE, nfc.Assurance.UID, None, b"", Challenge.DESFIRE))
    verdicts: queue.SimpleQueue[OpenCardSession] = queue.SimpleQueue()
    threading.Thread(target=lambda: verdicts.put(prover.proved(REQUEST)), daemon=True).start()
    try:
        assert verdicts.get(timeout=20) == REQUEST
        assert prover.proved(REQUEST) == REQUEST, "asked once, however mute"
        (hangs,) = [thread for thread in threading.enumerate() if thread.name == THREAD]
        assert hangs.daemon
    finally:
        let_go.set()
    hangs.join(20)
    assert not hangs.is_alive()
    assert left.is_set(), "the connection is given back once the driver lets go"
