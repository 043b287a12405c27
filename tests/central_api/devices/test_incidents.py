"""What is wrong with a device is opened once and closed once, whoever sees it and however often (C9)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from central_api.background import tend_devices
from central_api.devices import incidents, repository
from central_api.devices import service as devices
from club.wire.devices import Health, Heartbeat, HeartbeatAnswer
from tests.support.central import Club, Device, read


def beat(club: Club, device: Device, **health: int) -> None:
    tell(club, device, "ready", Health(**health))


def tell(club: Club, device: Device, reader: str, health: Health | None = None) -> None:
    said = Heartbeat(version="0.1.0", at=club.clock.now(), reader=reader, health=health, sync="current")
    read(device.post("/v1/heartbeats", said), HeartbeatAnswer)


def history(club: Club, place: str = "kiosk-1") -> list[tuple[str, bool]]:
    """The incidents of a place, newest first: kind, and whether it is open."""
    with club.context.db.read() as tx:
        return [(row.kind, row.closed_at is None) for row in incidents.of_place(tx, place)]


@pytest.mark.parametrize(
    ("kind", "wrong", "at_the_edge", "right"),
    [
        ("disk", {"disk_free_mib": 511}, {"disk_free_mib": 600}, {"disk_free_mib": 640}),
        ("memory", {"memory_free_mib": 63}, {"memory_free_mib": 90}, {"memory_free_mib": 96}),
        ("hot", {"temperature_c": 85}, {"temperature_c": 81}, {"temperature_c": 79}),
        ("clock", {"clock_offset_ms": -60_000}, {"clock_offset_ms": 51_000}, {"clock_offset_ms": 49_000}),
    ],
)
def test_a_figure_opens_once_and_is_over_once_it_is_better_by_a_little(
    club: Club, kind: str, wrong: dict[str, int], at_the_edge: dict[str, int], right: dict[str, int]
) -> None:
    device = club.device()
    for _ in range(3):
        beat(club, device, **wrong)
    beat(club, device, **at_the_edge)
    assert history(club) == [(kind, True)]
    for _ in range(2):
        beat(club, device, **right)
    assert history(club) == [(kind, False)]
    beat(club, device, **at_the_edge)
    assert history(club) == [(kind, False)], "the edge alone opens nothing"
    beat(club, device, **wrong)
    assert history(club) == [(kind, True), (kind, False)]


def test_a_lost_reader_and_what_a_machine_cannot_measure(club: Club) -> None:
    device = club.device()
    tell(club, device, "lost: unplugged")
    tell(club, device, "lost: no_service")
    assert history(club) == [("reader", True)]
    beat(club, device)
    assert history(club) == [("reader", False)]


def test_a_device_that_falls_silent_is_offline_once_until_it_is_heard_again(club: Club) -> None:
    device = club.device()
    tend_devices(club.context)
    assert history(club) == [], "it was never heard: it is new"
    beat(club, device)
    club.clock.forward(incidents.OFFLINE_AFTER.total_seconds())
    tend_devices(club.context)
    assert history(club) == []
    club.clock.forward(1)
    for _ in range(3):
        tend_devices(club.context)
        club.clock.forward(60)
    assert history(club) == [("offline", True)]
    beat(club, device)
    assert history(club) == [("offline", False)]
    with club.context.db.read() as tx:
        (row,) = incidents.of_place(tx, "kiosk-1")
    assert row.closed_at - row.opened_at == timedelta(seconds=180)


def test_of_many_who_see_it_at_once_one_opens_it(club: Club) -> None:
    device = club.device()
    name, now = device.identity.device_id, club.clock.now()

    def see(_: int) -> bool:
        with club.context.db.write() as tx:
            return incidents.open_one(tx, name, "kiosk-1", "disk", {"mib": 1}, now)

    def end(_: int) -> bool:
        with club.context.db.write() as tx:
            return incidents.close(tx, name, "disk", now)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(see, range(16))) == [False] * 15 + [True]
        assert sorted(pool.map(end, range(16))) == [False] * 15 + [True]


def test_a_device_that_is_shut_out_has_nothing_wrong_any_more(club: Club) -> None:
    device = club.device()
    beat(club, device, disk_free_mib=1, temperature_c=99)
    with club.context.db.write() as tx:
        devices.revoke(tx, device.identity.device_id, club.clock.now(), by="staff:1000")
    assert sorted(history(club)) == [("disk", False), ("hot", False)]
    with club.context.db.read() as tx:
        assert repository.open_incidents(tx, device.identity.device_id) == []


def test_what_a_heartbeat_tells_is_kept(club: Club) -> None:
    device = club.device()
    beat(club, device, disk_free_mib=9000, memory_free_mib=400, temperature_c=51, clock_offset_ms=-12)
    with club.context.db.read() as tx:
        row = repository.device(tx, device.identity.device_id)
    assert row.sync == "current"
    assert row.health == {
        "disk_free_mib": 9000,
        "memory_free_mib": 400,
        "temperature_c": 51,
        "clock_offset_ms": -12,
    }
