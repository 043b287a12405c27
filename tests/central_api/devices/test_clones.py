"""Two machines with one key are found, restarts and late requests are not taken for them (C9)."""

from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from central_api.devices import clones, keys, repository
from central_api.devices.clones import REMEMBERED, Run
from club.wire.devices import Heartbeat, HeartbeatAnswer, KeyChanged
from tests.central_api.devices.test_keys import another, wish
from tests.support.central import DRAWN, Club, Device, read


def heard(*said: tuple[str, int]) -> list[Run | None]:
    """Whom each of these runs (its id, and when it signed) was found to live beside."""
    runs: tuple[Run, ...] = ()
    found = []
    for run, seconds in said:
        runs, beside = clones.after(runs, Run(run, DRAWN + timedelta(seconds=seconds), f"192.0.2.{ord(run[0]) % 200}"))
        found.append(beside)
    return found


def names(found: list[Run | None]) -> list[str | None]:
    return [None if run is None else run.run for run in found]


def test_a_run_that_speaks_after_its_successor_had_begun_is_one_of_two() -> None:
    assert names(heard(("a", 0), ("b", 10), ("a", 20))) == [None, None, "b"]
    assert names(heard(("a", 0), ("b", 10), ("a", 20), ("b", 30))) == [None, None, "b", "a"]
    assert names(heard(("a", 0), ("b", 10), ("c", 20), ("a", 30), ("b", 40))) == [None, None, None, "c", "a"]


def test_what_an_ended_run_signed_before_says_nothing_however_late_it_comes() -> None:
    assert names(heard(("a", 0), ("b", 10), ("a", 9))) == [None] * 3
    assert names(heard(("a", 0), ("c", 20), ("b", 10), ("c", 30))) == [None] * 4


@given(starts=st.lists(st.integers(1, 5), min_size=1, max_size=40))
def test_restarts_however_many_are_never_taken_for_two(starts: list[int]) -> None:
    said, at = [], 0
    for number, times in enumerate(starts):
        for _ in range(times):
            at += 1
            said.append((f"{number}", at))
    assert names(heard(*said)) == [None] * len(said)


@given(machines=st.integers(2, REMEMBERED), turns=st.integers(2, 4))
def test_copies_that_take_turns_are_found_in_the_second_turn(machines: int, turns: int) -> None:
    said = [(f"{number}", turn * machines + number) for turn in range(turns) for number in range(machines)]
    found = names(heard(*said))
    assert found[:machines] == [None] * machines
    assert all(beside is not None for beside in found[machines:])


def beat(club: Club, device: Device, run: str) -> None:
    club.clock.forward(30)
    read(device.post("/v1/heartbeats", Heartbeat(version="0.1.0", at=club.clock.now(), run=run)), HeartbeatAnswer)


def test_two_that_live_at_once_open_one_incident_which_ends_when_the_key_does(club: Club, tmp_path: Path) -> None:
    device = club.device("tv-1")
    name = device.identity.device_id
    for run in ("run-a", "run-a", "run-b", "run-b"):
        beat(club, device, run)
    with club.context.db.read() as tx:
        assert repository.open_incidents(tx, name) == []
    for run in ("run-a", "run-b", "run-a"):
        beat(club, device, run)
    with club.context.db.read() as tx:
        (found,) = repository.open_incidents(tx, name)
    assert (found.kind, found.place, set(found.facts)) == ("clone", "tv-1", {"first", "second"})
    with club.context.db.write() as tx:
        assert not keys.end_other(tx, name, club.clock.now(), by="staff:1000")
        assert len(repository.open_incidents(tx, name)) == 1, "both have the only key there is"
    new = another(device, tmp_path)
    read(device.post("/v1/devices/self/keys", wish(new)), KeyChanged)
    with club.context.db.write() as tx:
        keys.end_other(tx, name, club.clock.now(), by="staff:1000")
    with club.context.db.read() as tx:
        assert repository.open_incidents(tx, name) == []
