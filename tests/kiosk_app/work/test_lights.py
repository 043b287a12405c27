"""Lamp and buzzer: one signal for each tap, on the reader it was made on (N7)."""

import nfc
from club.model import errors
from kiosk_app.flow import events as ev
from kiosk_app.work.lights import Lights
from tests.support import kiosk_values as values

READER, OTHER = "ACS ACR122U 00 00", "ACS ACR122U 01 00"


class Reader:
    """Notes what it is to show."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, nfc.Signal]] = []
        self.lights = Lights()
        self.lights.signal = self._show

    def _show(self, reader: str, signal: nfc.Signal) -> bool:
        self.shown.append((reader, signal))
        return True


def test_a_verified_card_is_accepted_once() -> None:
    reader, session = Reader(), values.a_session()
    reader.lights.tapped(session.session_id, READER)
    assert reader.shown == []
    for _ in range(2):  # fresh figures come as the same event
        reader.lights.heard(ev.SessionOpened(session))
    assert reader.shown == [(READER, nfc.Signal.ACCEPTED)]


def test_a_card_that_is_not_taken_is_refused() -> None:
    reader = Reader()
    reader.lights.tapped("session-1", READER)
    reader.lights.heard(ev.SessionRefused("session-1", errors.CardBlocked("lost")))
    assert reader.shown == [(READER, nfc.Signal.REFUSED)]


def test_a_card_that_cannot_be_read_is_refused_at_once() -> None:
    reader = Reader()
    reader.lights.unreadable(OTHER)
    assert reader.shown == [(OTHER, nfc.Signal.REFUSED)]


def test_the_verdict_of_a_tap_before_says_nothing_of_the_one_now() -> None:
    reader = Reader()
    reader.lights.tapped("session-1", READER)
    reader.lights.tapped("session-2", OTHER)
    reader.lights.heard(ev.SessionRefused("session-1", errors.CardBlocked("lost")))
    assert reader.shown == []
    reader.lights.heard(ev.SessionRefused("session-2", errors.CardBlocked("lost")))
    assert reader.shown == [(OTHER, nfc.Signal.REFUSED)]


def test_what_is_none_of_a_cards_is_passed_over() -> None:
    reader = Reader()
    reader.lights.tapped("session-1", READER)
    reader.lights.heard(ev.SessionUnreachable("session-1"))
    reader.lights.heard(ev.CardLeft())
    assert reader.shown == []


def test_before_there_is_a_reader_nothing_is_shown() -> None:
    lights = Lights()
    lights.unreadable(READER)
    assert not lights.signal(READER, nfc.Signal.REFUSED)
