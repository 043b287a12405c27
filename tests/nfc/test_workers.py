"""One thread for each reader, whatever is asked of it (spec N1)."""

from __future__ import annotations

import threading

import pytest

from nfc.workers import READ, SIGNAL, Workers
from tests.support.wait import until


class Bench:
    """Jobs that note when they ran, and one that blocks."""

    def __init__(self) -> None:
        self.workers = Workers()
        self.done: list[str] = []
        self.begun, self.free = threading.Event(), threading.Event()

    def note(self, name: str) -> None:
        self.done.append(name)

    def block(self) -> None:
        self.begun.set()
        assert self.free.wait(20.0)
        self.note("blocked")

    def end(self) -> list[str]:
        self.free.set()
        until(lambda: not self.workers.busy(), "the workers to be done")
        return self.done


@pytest.fixture
def bench() -> Bench:
    found = Bench()
    found.workers.give("A", READ, found.block)
    assert found.begun.wait(20.0)
    return found


def test_while_it_is_busy_the_newest_of_each_kind_waits_and_cards_go_first(bench: Bench) -> None:
    bench.workers.give("A", SIGNAL, lambda: bench.note("old signal"))
    bench.workers.give("A", READ, lambda: bench.note("old card"))
    bench.workers.give("A", SIGNAL, lambda: bench.note("signal"))
    bench.workers.give("A", READ, lambda: bench.note("card"))
    assert len(bench.workers.busy()) == 1
    assert bench.end() == ["blocked", "card", "signal"]


def test_another_reader_does_not_wait(bench: Bench) -> None:
    bench.workers.give("B", READ, lambda: bench.note("other"))
    until(lambda: bench.done == ["other"], "the other reader's job")
    assert bench.end() == ["other", "blocked"]


def test_a_job_that_fails_is_logged_and_the_next_one_runs(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("boom")

    bench.workers.give("A", READ, fail)
    bench.workers.give("A", SIGNAL, lambda: bench.note("signal"))
    assert bench.end() == ["blocked", "signal"]
    assert "failed in our own code" in caplog.text


def test_where_no_thread_can_be_had_the_next_job_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()

    def none_left(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none_left)
        bench.workers.give("A", READ, lambda: bench.note("lost"))
    assert not bench.workers.busy()
    bench.workers.give("A", READ, lambda: bench.note("read"))
    assert bench.end() == ["read"]
