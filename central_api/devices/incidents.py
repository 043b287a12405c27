"""What is wrong with a device, from when to when: opened once, closed once, whoever sees it and however often (C9)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from central_api.db import Tx
from central_api.devices import repository
from club.wire.devices import Heartbeat

Kind: TypeAlias = Literal["offline", "reader", "disk", "memory", "hot", "clock", "clone"]
Facts: TypeAlias = Mapping[str, int | str]

OFFLINE_AFTER = timedelta(minutes=2)
"""Four heartbeats."""
LEAST_DISK_MIB = 512
LEAST_MEMORY_MIB = 64
HOT_C = 85  # where the processors of small boards begin to slow down
CLOCK_OFF_MS = 60_000
_EASE = {"disk": 128, "memory": 32, "hot": 5, "clock": 10_000}
"""By so much a figure has to be better before what was wrong is over: at the very edge it would open and close each minute."""

TOLD: tuple[Kind, ...] = ("reader", "disk", "memory", "hot", "clock")
"""What a heartbeat tells of; that one came at all ends `offline`."""


def wrong(beat: Heartbeat, open_now: frozenset[str]) -> dict[Kind, Facts]:
    """What is wrong by a heartbeat, with figures; pure.

    Args:
        beat: as the device told it. What it cannot measure is never wrong.
        open_now: what was wrong before, which needs to be better by a little to be over.
    """
    found: dict[Kind, Facts] = {}
    if beat.reader not in ("", "ready"):
        found["reader"] = {}
    health = beat.health
    if health is None:
        return found
    ease = {kind: by if kind in open_now else 0 for kind, by in _EASE.items()}
    if health.disk_free_mib is not None and health.disk_free_mib < LEAST_DISK_MIB + ease["disk"]:
        found["disk"] = {"mib": health.disk_free_mib}
    if health.memory_free_mib is not None and health.memory_free_mib < LEAST_MEMORY_MIB + ease["memory"]:
        found["memory"] = {"mib": health.memory_free_mib}
    if health.temperature_c is not None and health.temperature_c >= HOT_C - ease["hot"]:
        found["hot"] = {"celsius": health.temperature_c}
    if health.clock_offset_ms is not None and abs(health.clock_offset_ms) >= CLOCK_OFF_MS - ease["clock"]:
        found["clock"] = {"seconds": health.clock_offset_ms // 1000}
    return found


def heard(tx: Tx, device: str, place: str, beat: Heartbeat, now: datetime) -> None:
    """Open and close what a heartbeat tells of."""
    open_now = frozenset(row.kind for row in repository.open_incidents(tx, device))
    found = wrong(beat, open_now)
    for kind, facts in found.items():
        if kind not in open_now:
            open_one(tx, device, place, kind, facts, now)
    for kind in ("offline", *TOLD):
        if kind in open_now and kind not in found:
            repository.close_incident(tx, device, kind, now)


def open_one(tx: Tx, device: str, place: str, kind: Kind, facts: Facts, now: datetime) -> bool:
    """Open an incident; False when it is open already, and then nothing changes."""
    return repository.open_incident(tx, device, place, kind, dict(facts), now)


def close(tx: Tx, device: str, kind: Kind, now: datetime) -> bool:
    """Close an incident; False when none is open."""
    return repository.close_incident(tx, device, kind, now)


def close_all(tx: Tx, device: str, now: datetime) -> None:
    """Close all that is open of a device that is let in no longer."""
    for row in repository.open_incidents(tx, device):
        repository.close_incident(tx, device, row.kind, now)


def find_silent(tx: Tx, now: datetime) -> int:
    """Open an incident for each device that is let in and was not heard for two minutes; how many were opened."""
    return sum(
        open_one(tx, row.id, row.place, "offline", {}, now) for row in repository.silent(tx, now - OFFLINE_AFTER)
    )


def of_place(tx: Tx, place: str, limit: int = 20) -> list[Any]:
    """The newest incidents of a place, whatever hardware stood there; those still open first."""
    return list(repository.incidents_of(tx, place, limit))
