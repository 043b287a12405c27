"""Activities in the global feed: all of them in the snapshot, a change told at once, the end told by time alone (K6)."""

from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy import delete, update

from central_api import background
from central_api.activities import bound, catalogue, service
from central_api.activities.tables import activities
from club.model import errors
from club.model.text import Text
from club.wire.changes import ActivityEntity, Snapshot, SyncAnswer
from tests.support.central import Club, Device, read

TRIP = "lakeside-road-trip"


def told(device: Device) -> dict[str, ActivityEntity]:
    snapshot = read(device.get("/v1/snapshot"), Snapshot)
    rows = [msgspec.json.decode(row.payload, type=ActivityEntity) for row in snapshot.rows if row.entity == "activity"]
    return {row.slug: row for row in sorted(rows, key=lambda row: row.order)}


def test_the_snapshot_has_every_activity_in_its_order(club: Club) -> None:
    found = told(club.device())
    assert [one.state for one in found.values()] == ["open"] * 4 + ["planned"] * 6 + ["past"] * 2
    trip = found[TRIP]
    assert list(found)[:2] == [TRIP, "car-care-talk"]
    assert trip.title == Text("湖山两日自驾游", "Two-day lakeside drive")
    assert trip.starts.astimezone(UTC) == datetime(2026, 6, 6, 0, 0, tzinfo=UTC)
    assert (trip.capacity, trip.taken, trip.fee_points, trip.fee_fen) == (24, 18, 600, 29900)
    assert trip.picture == TRIP
    assert trip.closes == datetime(2026, 6, 2, 10, 0, tzinfo=UTC)
    assert trip.opens_by_tier["diamond"] == datetime(2026, 5, 4, 2, 0, tzinfo=UTC)
    assert set(trip.opens_by_tier) == {"diamond", "gold", "silver", "classic"}
    assert set(found["track-day"].opens_by_tier) == {"diamond", "gold"}


def changes(club: Club, device: Device, start: Snapshot) -> list[ActivityEntity]:
    after = ",".join(f"{name}:{seq}" for name, seq in start.cursors.items())
    answer = read(device.get(f"/v1/sync?epoch={start.epoch}&after={after}"), SyncAnswer)
    return [msgspec.json.decode(row.payload, type=ActivityEntity) for row in answer.changes if row.entity == "activity"]


def test_places_taken_and_places_there_are_told_at_once(club: Club) -> None:
    device = club.device()
    start = read(device.get("/v1/snapshot"), Snapshot)
    now = club.clock.now()
    with club.context.db.write() as tx:
        service.set_taken(tx, TRIP, 23, now=now, read_bound=bound.read)
    with club.context.db.write() as tx:
        service.set_capacity(tx, TRIP, 30, now=now, read_bound=bound.read)
    assert [(one.taken, one.capacity) for one in changes(club, device, start)] == [(23, 24), (23, 30)]


@pytest.mark.parametrize("capacity", [17, 100_001])
def test_there_are_never_fewer_places_than_are_taken(club: Club, capacity: int) -> None:
    with pytest.raises(errors.Malformed), club.context.db.write() as tx:
        service.set_capacity(tx, TRIP, capacity, now=club.clock.now(), read_bound=bound.read)
    with pytest.raises(errors.NotFound), club.context.db.write() as tx:
        service.set_capacity(tx, "nowhere", capacity, now=club.clock.now(), read_bound=bound.read)


def test_an_activity_that_ended_becomes_past_by_time_alone_and_is_told_once(club: Club) -> None:
    device = club.device()
    start = read(device.get("/v1/snapshot"), Snapshot)
    club.clock.forward((datetime(2026, 6, 7, 8, 31, tzinfo=UTC) - club.clock.now()).total_seconds())
    background.renew_catalogue(club.context)
    background.renew_catalogue(club.context)
    found = {one.slug: one.state for one in changes(club, device, start)}
    assert found == {"car-care-talk": "past", "family-kite-day": "past", TRIP: "past"}


def test_what_was_loaded_before_activities_travelled_is_told_when_it_is_looked_over(club: Club) -> None:
    device = club.device()
    start = read(device.get("/v1/snapshot"), Snapshot)
    with club.context.db.write() as tx:
        tx.execute(update(activities).where(activities.c.slug == TRIP).values(art="", opens={}, closes=None))
    background.renew_catalogue(club.context)
    (trip,) = changes(club, device, start)
    assert (trip.closes, trip.opens_by_tier) == (None, {})
    assert len(trip.picture) == 64, "the picture by its content"


def test_an_activity_that_is_no_more_is_told_as_gone(club: Club) -> None:
    device = club.device()
    with club.context.db.write() as tx:
        tx.execute(delete(activities).where(activities.c.slug == TRIP))
        catalogue.publish(tx, TRIP, club.clock.now())
    assert TRIP not in told(device)
