"""Clocks: the machine's, a pinned one, one moved by hand."""

from datetime import UTC, datetime

import pytest

from club.model.clock import HandClock, PinnedClock, clock_for

DRAWN = "2026-05-16T14:32:00+08:00"


def test_a_pinned_clock_stands_still_while_intervals_go_on() -> None:
    clock = clock_for(DRAWN)
    assert clock.now() == clock.now() == datetime(2026, 5, 16, 6, 32, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()


def test_a_pinned_clock_may_run_on() -> None:
    clock = clock_for(DRAWN, runs=True)
    first = clock.now()
    assert first >= datetime(2026, 5, 16, 6, 32, tzinfo=UTC)
    assert clock.now() >= first


def test_an_instant_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        PinnedClock(datetime(2026, 5, 16, 14, 32))  # noqa: DTZ001


def test_a_hand_moved_clock_moves_both_readings() -> None:
    clock = HandClock(datetime.fromisoformat(DRAWN))
    clock.forward(90)
    assert (clock.now(), clock.monotonic()) == (datetime(2026, 5, 16, 6, 33, 30, tzinfo=UTC), 90.0)
