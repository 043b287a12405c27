"""A real device lives on tokens of a real service: across their end, another secret of the service, and a late heartbeat (ADR 0014)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from central_api.devices import repository
from central_api.devices import service as devices
from club.sync import events
from club.wire import codec, signing
from club.wire.devices import Heartbeat
from tests.support.central import Club
from tests.support.quiet_device import QuietDevice

pytestmark = pytest.mark.parametrize("club", ["sqlite"], indirect=True)


@pytest.fixture
def kiosk(club: Club, tmp_path: Path) -> Iterator[QuietDevice]:
    made = QuietDevice(club, tmp_path / "kiosk")
    made.pass_by(90)
    yield made
    made.close()


def _by_token(kiosk: QuietDevice) -> tuple[int, int]:
    """How many of its requests so far went by a token, and how many were signed."""
    tokens = sum("Authorization" in headers for headers in kiosk.cable.sent)
    return tokens, len(kiosk.cable.sent) - tokens


def test_an_hour_of_reads_and_heartbeats_costs_two_signatures_a_quarter(club: Club, kiosk: QuietDevice) -> None:
    kiosk.cable.sent.clear()
    kiosk.pass_by(3600)
    tokens, signed = _by_token(kiosk)
    assert tokens >= 150
    assert signed <= 2 * 5
    assert not any(isinstance(event, events.NeedsEnrolment | events.Offline) for event in kiosk.told)
    with club.context.db.read() as tx:
        row = repository.device(tx, kiosk.device.identity.device_id)
    assert (club.clock.now() - row.seen_at).total_seconds() <= 60


def test_a_token_that_the_service_does_not_know_any_more_costs_nothing_but_a_signature(kiosk: QuietDevice) -> None:
    assert kiosk.client._tokens is not None
    kiosk.client._tokens._token = "t1.of-another-secret.0.1.x"
    kiosk.pass_by(120)
    assert not any(isinstance(event, events.NeedsEnrolment | events.Offline) for event in kiosk.told)
    assert kiosk.state.online


def test_a_device_that_is_shut_out_notices_at_its_next_request(club: Club, kiosk: QuietDevice) -> None:
    with club.context.db.write() as tx:
        devices.revoke(tx, kiosk.device.identity.device_id, club.clock.now(), by="staff:1001")
    kiosk.pass_by(60)
    assert events.NeedsEnrolment(revoked=True) in kiosk.told


def test_a_heartbeat_by_token_that_comes_late_is_no_clone_and_one_of_two_is(club: Club, kiosk: QuietDevice) -> None:
    device = kiosk.device.identity.device_id

    def beat(run: str, sent_s_ago: float) -> list[str]:
        assert kiosk.client._tokens is not None
        headers = {"Authorization": f"Club {kiosk.client._tokens.current()}", "Content-Type": "application/json"}
        moment = club.clock.now() - timedelta(seconds=sent_s_ago)
        headers[signing.SIGNED_AT_HEADER] = moment.isoformat()
        body = codec.encode(Heartbeat(version="0.1.0", at=moment, run=run))
        assert club.http.post("/v1/heartbeats", content=body, headers=headers).status_code == 200
        with club.context.db.read() as tx:
            return [row.kind for row in repository.open_incidents(tx, device)]

    beat("run-a", 0)
    club.clock.forward(20)
    beat("run-b", 0)
    club.clock.forward(20)
    assert beat("run-a", 30) == [], "it was sent before the next run began"
    assert beat("run-a", 0) == ["clone"]
