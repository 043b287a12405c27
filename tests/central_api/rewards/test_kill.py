"""The server killed at every boundary of a redemption: after a restart there is exactly one, and its points are taken once (X1)."""

from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from central_api import app, faults
from central_api.ledger import service as ledger
from central_api.rewards.tables import redemptions, vouchers
from club.model.clock import HandClock
from club.wire import codec
from club.wire.rewards import Redeem, Redeemed
from tests.support import central
from tests.support.served import served

PINNED = "clock.pinned=2026-05-16T14:32:00+08:00"


@pytest.fixture
def confirmed(tmp_path: Path, demo_club: central.DemoClub) -> tuple[central.Device, Redeem]:
    """A kiosk with a command that the member has confirmed with the PIN; the service is stopped."""
    central.copy_files(demo_club, tmp_path)
    clock = HandClock(central.DRAWN)
    with central.running(app.open_context(central.settings_for(tmp_path), clock), clock, demo_club) as club:
        device = club.device()
        return device, club.granted(device, central.a_redeem(device.session(club.card())))


def send(device: central.Device, command: Redeem, url: str) -> requests.Response:
    body = codec.encode(command)
    headers = device.identity.sign(
        method="POST", target="/v1/redemptions", body=body, at=device.clock.now(), key=command.command_id
    )
    return requests.post(f"{url}/v1/redemptions", data=body, headers=headers, timeout=30)


@pytest.mark.parametrize("point", faults.POINTS)
def test_a_kill_at_this_point_loses_and_doubles_nothing(
    point: str, tmp_path: Path, confirmed: tuple[central.Device, Redeem]
) -> None:
    device, command = confirmed
    with served(tmp_path, PINNED, fault=point) as service:
        with pytest.raises(requests.ConnectionError):
            send(device, command, service.url)
        assert service.ended() == faults.KILLED
    with served(tmp_path, PINNED) as service:
        first = send(device, command, service.url)
        again = send(device, command, service.url)
    assert first.status_code == 200, first.text
    assert again.content == first.content
    done = codec.decode(first.content, Redeemed)
    assert (done.points, len(done.vouchers)) == (5080, 1)
    context = app.open_context(central.settings_for(tmp_path), device.clock)
    with context.db.read() as tx:
        query = select(func.count()).select_from(redemptions).where(redemptions.c.command == command.command_id)
        assert tx.scalar(query) == 1
        assert (
            tx.scalar(select(vouchers.c.code).where(vouchers.c.redemption == done.redemption_id))
            == done.vouchers[0].code
        )
        assert ledger.faults(tx) == []
    context.passwords.close()
    context.db.close()
