"""The stopwatch of the UI thread."""

import time
from collections.abc import Iterator

import pytest

from club.ui import stopwatch


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    stopwatch.forget()
    yield
    stopwatch.forget()


def work(ms: float) -> None:
    """Keep the thread busy for that long."""
    until = time.thread_time() + ms / 1000
    while time.thread_time() < until:
        pass


def test_only_what_takes_long_is_told() -> None:
    with stopwatch.measure("long"):
        work(6)
    with stopwatch.measure("short"):
        work(0.1)
    assert [(each.kind, each.what) for each in stopwatch.slow(4)] == [("call", "long")]


def test_of_calls_within_each_other_the_outermost_counts() -> None:
    with stopwatch.measure("layout", "frame"), stopwatch.measure("event"), stopwatch.measure("show"):
        work(6)
    assert [(each.kind, each.what) for each in stopwatch.slow(4)] == [("call", "event"), ("frame", "layout")]
