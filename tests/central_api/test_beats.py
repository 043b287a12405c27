"""The strip of minutes in which a device was heard."""

from datetime import timedelta

from central_api.beats import MINUTES, Beats
from tests.support.central import DRAWN

KIOSK = "dev-kiosk"


def at(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


def test_a_device_that_never_spoke_is_unknown() -> None:
    assert Beats().marks(KIOSK, DRAWN) == ("unknown",) * MINUTES


def test_minutes_are_heard_in_trouble_or_missed() -> None:
    beats = Beats()
    beats.heard(KIOSK, DRAWN)
    beats.heard(KIOSK, DRAWN + at(1), trouble=True)
    beats.heard(KIOSK, DRAWN + at(1.5))
    beats.heard("dev-other", DRAWN + at(2))
    beats.heard(KIOSK, DRAWN + at(4))
    marks = beats.marks(KIOSK, DRAWN + at(5))
    assert marks[-6:] == ("heard", "trouble", "missed", "missed", "heard", "unknown")
    assert set(marks[:-6]) == {"unknown"}


def test_a_service_that_starts_anew_knows_since_when_a_device_is_silent() -> None:
    marks = Beats().marks(KIOSK, DRAWN, seen_at=DRAWN - at(34))
    assert marks.count("missed") == 33
    assert marks[-1] == "unknown"
    assert marks[-2] == "missed"
    assert set(marks[: MINUTES - 34]) == {"unknown"}


def test_what_is_older_is_forgotten() -> None:
    beats = Beats()
    beats.heard(KIOSK, DRAWN)
    beats.heard(KIOSK, DRAWN + at(MINUTES))
    marks = beats.marks(KIOSK, DRAWN + at(MINUTES))
    assert marks == ("unknown",) * (MINUTES - 1) + ("heard",)
