"""In which store a device counts as having handed a piece out, by where the club had it and when (A14)."""

from datetime import UTC, datetime, timedelta

import pytest

from central_api.devices.pasts import Stay
from central_api.rewards.offline.origin import MOVED_LIFE, standing

BEGUN = datetime(2026, 5, 1, 8, tzinfo=UTC)
MOVED = BEGUN + timedelta(days=10)
HOUR, OUTAGE = timedelta(hours=1), timedelta(hours=24)
EAST = Stay("east", BEGUN, MOVED)
WEST = Stay("west", MOVED + HOUR)


@pytest.mark.parametrize(
    ("issued_at", "now", "found"),
    [
        (BEGUN - HOUR, WEST.since, "elsewhere"),
        (BEGUN, WEST.since, ""),
        (MOVED, WEST.since, ""),
        (MOVED, MOVED + MOVED_LIFE, ""),
        (MOVED, MOVED + MOVED_LIFE + HOUR, "elsewhere"),
        (MOVED + HOUR, WEST.since, "shut-out"),
        (MOVED + OUTAGE, MOVED + OUTAGE, "shut-out"),
        (MOVED + OUTAGE + HOUR, MOVED + 2 * OUTAGE, "elsewhere"),
    ],
    ids=["before", "first", "last", "just in time", "too late", "unheard", "as long as an outage", "longer"],
)
def test_of_a_store_that_it_left(issued_at: datetime, now: datetime, found: str) -> None:
    assert standing([WEST, EAST], "east", issued_at, now, OUTAGE) == found


def test_where_it_stands_a_piece_counts_however_late_it_comes_and_not_from_before() -> None:
    year = timedelta(days=365)
    assert standing([WEST, EAST], "west", WEST.since, WEST.since + year, OUTAGE) == ""
    assert standing([WEST, EAST], "west", WEST.since - timedelta(seconds=60), WEST.since, OUTAGE) == "", "clocks differ"
    assert standing([WEST, EAST], "west", WEST.since - HOUR, WEST.since, OUTAGE) == "elsewhere"


def test_a_store_it_never_stood_in_is_never_its_own() -> None:
    assert standing([WEST, EAST], "north", WEST.since, WEST.since, OUTAGE) == "elsewhere"
    assert standing([], "east", WEST.since, WEST.since, OUTAGE) == "elsewhere"


def test_one_that_came_back_was_there_in_both_times_and_not_between() -> None:
    back = Stay("east", MOVED + timedelta(days=30))
    stays = [back, Stay("west", WEST.since, back.since), EAST]
    now = back.since + HOUR
    assert standing(stays, "east", now, now, OUTAGE) == ""
    assert standing(stays, "east", MOVED - HOUR, now, OUTAGE) == "", (
        "what it handed out before it left is still the store's"
    )
    assert standing(stays, "east", MOVED + timedelta(days=15), now, OUTAGE) == "elsewhere"


def test_a_renewed_key_is_no_break_in_a_stay() -> None:
    renewed = Stay("east", BEGUN, MOVED)  # the key before, taken until then
    stays = [Stay("east", BEGUN), renewed]
    assert standing(stays, "east", MOVED + HOUR, MOVED + HOUR, OUTAGE) == ""
