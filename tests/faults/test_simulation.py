"""A whole club under many seeds: whatever fails, in the end everything is right, once; and the simulation can fail itself.

A seed that breaks is played again, to the step, by `python -m tests.faults.world SEED`.
"""

import logging
import time
from collections.abc import Callable, Iterator

import pytest

from tests.faults.world.oracles import Broken
from tests.faults.world.plants import PLANTS
from tests.faults.world.world import World

TOLD = 40  # seeds of which everything is kept that was noted
ORDINARY = 500
LONG = 20_000
SOON = 60  # seeds within which each planted fault must be found


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of failures are meant; the log is put back by the fixture of all tests."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def _play_quietly(seeds: range) -> str:
    told = []
    for seed in seeds:
        world = World(seed)
        world.keeps_all = len(seeds) <= TOLD
        world.play()
        told += world.trace
    return "\n".join(told)


def _play(seeds: range, capsys: pytest.CaptureFixture[str]) -> str:
    """Play them, print how fast that was, and give all that was noted."""
    began = time.perf_counter()
    told = _play_quietly(seeds)
    took_s = time.perf_counter() - began
    with capsys.disabled():
        print(f"\nsimulated club: seeds {seeds[0]} to {seeds[-1]}, {len(seeds) / took_s * 60:.0f} seeds a minute")
    return told


def test_nothing_is_lost_or_doubled_and_all_comes_to_rest(capsys: pytest.CaptureFixture[str]) -> None:
    told = _play(range(TOLD), capsys)
    # Each kind of trouble really befell somebody, or the seeds prove nothing.
    wanted = (
        *("power cut", "disk full", "lying disk", "restore", "revoke", "part ", "process down", "weather"),
        *("StreamClosed", "MediaFailed", "SnapshotCame", "CommandRefused", "CommandSettled", "not stored", "Failed"),
        *(
            "PairingCode",
            "DeviceEnrolled",
            "NeedsEnrolment",
            "offline",
            "shows ",
            "Wiped",
            "not handed out",
            "voucher of",
        ),
    )
    assert [word for word in wanted if word not in told] == []


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(0, ORDINARY, 100))
def test_nothing_is_lost_or_doubled_under_500_seeds(first: int, capsys: pytest.CaptureFixture[str]) -> None:
    _play(range(first, first + 100), capsys)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(0, LONG, ORDINARY))
def test_nothing_is_lost_or_doubled_under_many_seeds(first: int, capsys: pytest.CaptureFixture[str]) -> None:
    _play(range(first, first + ORDINARY), capsys)


@pytest.mark.parametrize("seed", [3, 11])
def test_a_seed_is_the_same_run_to_the_last_step(seed: int) -> None:
    first, second = World(seed), World(seed)
    first.play()
    second.play()
    assert first.fingerprint == second.fingerprint
    assert first.trace == second.trace


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found(plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(Broken):
        _play_quietly(range(SOON))
