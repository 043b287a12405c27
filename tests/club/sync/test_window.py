"""The download window: in the store's own time, over midnight, and on nights whose clocks change (L4)."""

from datetime import UTC, datetime, time, timedelta

import pytest

from club.sync.window import DownloadWindow

SHANGHAI = "Asia/Shanghai"
NOON = datetime(2026, 5, 16, 4, tzinfo=UTC)  # 12:00 there


@pytest.mark.parametrize(
    ("opens", "closes", "is_open", "changes_in_s"),
    [
        (time(0), time(0), True, 86_400),
        (time(11, 30), time(12, 15), True, 900),
        (time(12, 20), time(13), False, 1200),
        (time(1), time(5), False, 3600),  # asked again within the hour
        (time(22), time(12, 10), True, 600),
        (time(13), time(11), False, 3600),
    ],
)
def test_it_is_open_between_its_times(opens: time, closes: time, is_open: bool, changes_in_s: float) -> None:
    assert DownloadWindow(opens, closes).at(NOON, SHANGHAI) == (is_open, changes_in_s)


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_whoever_asks_when_told_to_sees_it_open_and_close_each_day(day: datetime) -> None:
    """Berlin changes its clocks on both days."""
    window, now = DownloadWindow(time(1), time(4)), day - timedelta(hours=4)
    seen: list[bool] = []
    while now < day + timedelta(hours=20):
        is_open, later = window.at(now, "Europe/Berlin")
        if not seen or seen[-1] != is_open:
            seen.append(is_open)
        assert 1 <= later <= 3600
        now += timedelta(seconds=later)
    assert seen == [False, True, False]
