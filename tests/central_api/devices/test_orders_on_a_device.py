"""Staff order something from afar and a real device does it: the wipe reaches its disk (C9, X2)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from central_api.devices import remote, repository
from club.sync import events
from tests.support.central import WANG_UID, Club, new_id
from tests.support.quiet_device import QuietDevice


@pytest.fixture
def kiosk(club: Club, tmp_path: Path) -> Iterator[QuietDevice]:
    made = QuietDevice(club, tmp_path / "kiosk")
    made.pass_by(90)
    yield made
    made.close()


def _order(club: Club, kiosk: QuietDevice, kind: str) -> str:
    order_id = new_id()
    with club.context.db.write() as tx:
        device_id = kiosk.device.identity.device_id
        remote.ask(tx, device_id, kind, command_id=order_id, by="staff:1001", now=club.clock.now())
    return order_id


def _state(club: Club, order_id: str) -> str:
    with club.context.db.read() as tx:
        return str(repository.command(tx, order_id).state)


@pytest.mark.parametrize("club", ["sqlite"], indirect=True)
def test_a_wipe_reaches_the_disk_of_a_device_that_was_away_and_fills_it_anew(club: Club, kiosk: QuietDevice) -> None:
    card_hash = kiosk.doing.mirror.card_hash(WANG_UID)
    assert card_hash is not None
    assert kiosk.doing.mirror.member(card_hash) is not None
    copied = (kiosk.folder / "device.db").read_bytes()
    kiosk.cable.cut = True
    order_id = _order(club, kiosk, "wipe")
    kiosk.pass_by(300)
    assert _state(club, order_id) in ("open", "sent")
    key = (kiosk.folder / "device.db.key").read_bytes()
    kiosk.cable.cut = False
    kiosk.pass_by(120)
    assert _state(club, order_id) == "done"
    assert (kiosk.folder / "device.db.key").read_bytes() != key  # a copy of the disk opens no more
    assert copied != (kiosk.folder / "device.db").read_bytes()
    assert kiosk.doing.mirror.member(card_hash) is not None  # it is enrolled, so it is filled anew
    assert kiosk.doing.mirror.places() == kiosk.state.places


@pytest.mark.parametrize("club", ["sqlite"], indirect=True)
def test_what_the_program_answers_stands_in_the_console(club: Club, kiosk: QuietDevice) -> None:
    order_id = _order(club, kiosk, "identify")
    kiosk.pass_by(60)
    assert events.OrderCame(order_id, "identify") in kiosk.told
    kiosk.answer(order_id, done=False)
    kiosk.pass_by(5)
    assert _state(club, order_id) == "refused"
