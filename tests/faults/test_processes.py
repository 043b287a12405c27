"""Real processes in trouble: killed, stopped, without room, with a wrong clock, at the ends of a bad wire; nothing is lost or doubled (X1).

A round is played by its seed. How the processes interleave is the machine's; what is done to them, and when by their own count, is not.
"""

import collections
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.support import central, headless_kiosk
from tests.support.bad_wire import MODES
from tests.support.process_house import PRICE, ProcessHouse, process_house
from tests.support.wait import until

ORDINARY, LONG = 6, 200  # rounds
PIECES = 2  # members who stand before the last button when trouble comes
CLOCKS = (timedelta(hours=-9), timedelta(hours=5), timedelta(days=-3650), timedelta(days=730), timedelta(0))

Trouble = Callable[[ProcessHouse, Random, Callable[[], None]], None]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> central.DemoClub:
    """The demo club, loaded once; not to be changed."""
    return central.load_demo_club(tmp_path_factory.mktemp("demo-club"))


@pytest.fixture
def house(tmp_path: Path, demo: central.DemoClub) -> Iterator[ProcessHouse]:
    with process_house(tmp_path / "house", demo) as opened:
        yield opened


def _kiosk_killed(house: ProcessHouse, chance: Random, touch: Callable[[], None]) -> None:
    touch()
    house.restart_kiosk()


def _server_killed(house: ProcessHouse, chance: Random, touch: Callable[[], None]) -> None:
    touch()
    house.restart_server()


def _server_stopped(house: ProcessHouse, chance: Random, touch: Callable[[], None]) -> None:
    """It holds its connections and says nothing; the kiosk gives up, and asks again."""
    process = house.server.process
    process.send_signal(signal.SIGSTOP)
    try:
        touch()
        house.kiosk.wait_promised()
    finally:
        process.send_signal(signal.SIGCONT)


def _kiosk_stopped(house: ProcessHouse, chance: Random, touch: Callable[[], None]) -> None:
    """In the middle of what it does; the server ends its stream meanwhile, or is started again."""
    touch()
    house.kiosk.signal(signal.SIGSTOP)
    try:
        if chance.random() < 0.5:
            house.restart_server()
    finally:
        house.kiosk.signal(signal.SIGCONT)


def _wire(house: ProcessHouse, chance: Random, touch: Callable[[], None]) -> None:
    house.wire.cut_after = chance.choice((0, 1, 90, 200, 400))
    house.wire.be(chance.choice(MODES))
    touch()
    assert house.wire.wait_met(chance.randint(1, 3), 60), "expected the kiosk to try"
    if chance.random() < 0.3:
        house.restart_server()
    house.wire.be("good")


def _disk_full(house: ProcessHouse, chance: Random, touch: Callable[[], None]) -> None:
    with house.full_disk():
        touch()
        house.kiosk.wait_promised()
        if chance.random() < 0.3:
            house.restart_kiosk()


def _clock_set(house: ProcessHouse, chance: Random, touch: Callable[[], None]) -> None:
    house.set_clock(chance.choice(CLOCKS))
    touch()
    if chance.random() < 0.6:
        house.restart_kiosk()


TROUBLES: tuple[Trouble, ...] = (
    _kiosk_killed,
    _server_killed,
    _server_stopped,
    _kiosk_stopped,
    _wire,
    _disk_full,
    _clock_set,
)


def play(house: ProcessHouse, seed: int, seen: "collections.Counter[str]") -> None:
    """One round: what members touched is prepared, trouble comes, they touch on; then all is well and everything comes to rest."""
    chance = Random(seed)

    def touch() -> None:
        house.kiosk.submit(house.ready.pop())

    for _ in range(chance.randint(1, 2)):
        while len(house.ready) < PIECES:
            house.ready.append(house.prepare())
        trouble = chance.choice(TROUBLES)
        seen[trouble.__name__] += 1
        trouble(house, chance, touch)
    house.wire.be("good")
    house.kiosk.submit(house.prepare())
    house.kiosk.wait_promised()
    house.comes_to_rest()


def proved(house: ProcessHouse, before: int, seen: "collections.Counter[str]") -> None:
    """Every promised command was carried out once, none twice, and the points are what is left of them."""
    done, balance = house.books()
    promised, settled = house.heard("promised"), house.heard("settled")
    assert house.heard("refused") == set()
    assert set(done.values()) <= {1}, f"expected one piece each, found {done}"
    assert promised - set(done) == set(), "promised, and not carried out"
    assert settled <= set(done)
    assert balance == before - PRICE * len(done)
    seen["redeemed"] = len(done)
    uid = central.WANG_UID
    until(lambda: house.mirrored(uid) == balance, f"the mirror to have {balance}", within_s=120)


def rounds(house: ProcessHouse, seeds: range) -> "collections.Counter[str]":
    """Play them on one house."""
    seen: collections.Counter[str] = collections.Counter()
    _, before = house.books()
    for seed in seeds:
        try:
            play(house, seed, seen)
            proved(house, before, seen)
        except AssertionError as broken:
            raise AssertionError(f"round {seed}, after {dict(seen)}: {broken}\n{house.kiosk_said()}") from broken
    return seen


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_between_processes_in_trouble(house: ProcessHouse) -> None:
    seen = rounds(house, range(ORDINARY))
    assert seen["redeemed"] >= ORDINARY


@pytest.mark.timeout(300)
def test_a_kiosk_that_promises_too_soon_is_found(house: ProcessHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(headless_kiosk.TOO_SOON, "1")
    house.restart_kiosk()
    house.kiosk.submit(house.prepare())
    house.kiosk.wait_promised()
    monkeypatch.delenv(headless_kiosk.TOO_SOON)
    house.restart_kiosk()
    house.kiosk.submit(house.prepare())
    house.kiosk.wait_promised()
    with pytest.raises(AssertionError, match="every promised command"):
        house.comes_to_rest(within_s=10)
    with pytest.raises(AssertionError, match="promised, and not carried out"):
        proved(house, house.books()[1] + PRICE, collections.Counter())


@pytest.mark.long
@pytest.mark.timeout(3 * 3600)
def test_nothing_is_lost_or_doubled_between_processes_for_long(
    house: ProcessHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = rounds(house, range(1000, 1000 + LONG))
    with capsys.disabled():
        print(f"\n{LONG} rounds: {dict(seen.most_common())}")
    assert {trouble.__name__ for trouble in TROUBLES} <= set(seen)
