"""A card that can be asked is asked before its session is opened, once, with bytes the kiosk only carries (N3)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

import nfc
from club.model import errors
from club.sync.errors import ServerUnreachable
from club.wire.card_runs import CardRunStep
from club.wire.cards import Evidence, OpenCardSession
from kiosk_app.work.proving import Prover
from nfc import service
from nfc.evidence import Challenge
from nfc.protocol import apdu
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

    def __init__(self, *answers: CardRunStep | Exception, fault: Exception | None = None) -> None:
        self.server = Server(*answers)
        self.carried: list[bytes] = []
        self._fault = fault
        self.prover = Prover(_Wired(self.server), self._connect, lambda: RUN)

    def tap(self, challenge: Challenge | None = Challenge.DESFIRE, session_id: str = SESSION) -> None:
        evidence = nfc.Evidence(UID, nfc.Family.DESFIRE, nfc.Assurance.UID, None, b"", challenge)
        self.prover.tapped(session_id, READER, evidence)

    @contextmanager
    def _connect(self, reader: str) -> Iterator[apdu.Transmit]:
        assert reader == READER
        if self._fault:
            raise self._fault
        yield self._transmit

    def _transmit(self, command: bytes) -> bytes:
        self.carried.append(command)
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
    ],
)
def test_a_card_that_proves_nothing_is_opened_as_what_it_is(table: Table) -> None:
    table.tap()
    assert table.prover.proved(REQUEST) == REQUEST
    assert table.prover.proved(REQUEST) == REQUEST


def test_a_server_that_is_not_reached_is_asked_again_later() -> None:
    table = Table(ServerUnreachable("gone"), *STEPS)
    table.tap()
    with pytest.raises(ServerUnreachable):
        table.prover.proved(REQUEST)
    assert table.prover.proved(REQUEST).evidence.proof == RUN


def test_other_cards_and_other_sessions_are_not_asked() -> None:
    table = Table()
    assert table.prover.proved(REQUEST) == REQUEST
    table.tap(challenge=None)
    assert table.prover.proved(REQUEST) == REQUEST
    table.tap(session_id="session-0002")
    assert table.prover.proved(REQUEST) == REQUEST
    assert table.server.asked == []
