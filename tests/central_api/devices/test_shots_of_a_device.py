"""A picture of a screen that staff asked for reaches the club before the answer, whatever fails on the way; and not the disk (C9)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from central_api.devices import remote, repository
from club.sync import events
from tests.central_api.devices.test_remote import a_picture
from tests.support.central import Club, new_id
from tests.support.quiet_device import QuietDevice

pytestmark = pytest.mark.parametrize("club", ["sqlite"], indirect=True)
SHOT = a_picture("JPEG")


@pytest.fixture
def kiosk(club: Club, tmp_path: Path) -> Iterator[QuietDevice]:
    made = QuietDevice(club, tmp_path / "kiosk")
    made.pass_by(90)
    yield made
    made.close()


def _ordered(club: Club, kiosk: QuietDevice) -> str:
    order_id = new_id()
    device_id = kiosk.device.identity.device_id
    with club.context.db.write() as tx:
        remote.ask(tx, device_id, "screenshot", command_id=order_id, by="staff:1001", now=club.clock.now())
    kiosk.pass_by(60)
    assert events.OrderCame(order_id, "screenshot") in kiosk.told
    return order_id


def _kept(club: Club, order_id: str) -> tuple[str, str, bytes]:
    with club.context.db.read() as tx:
        row, shot = repository.command(tx, order_id), repository.shot(tx, order_id)
    return str(row.state), row.detail, bytes(shot.picture) if shot else b""


def test_the_picture_comes_with_the_answer(club: Club, kiosk: QuietDevice) -> None:
    order_id = _ordered(club, kiosk)
    kiosk.answer(order_id, done=True, picture=SHOT)
    kiosk.pass_by(5)
    assert _kept(club, order_id) == ("done", "", SHOT)
    assert SHOT not in kiosk.on_disk()
    assert kiosk.doing.shots._kept == {}


def test_a_picture_that_found_no_way_is_brought_later(club: Club, kiosk: QuietDevice) -> None:
    order_id = _ordered(club, kiosk)
    kiosk.cable.cut = True
    kiosk.answer(order_id, done=True, picture=SHOT)
    kiosk.pass_by(60)
    assert _kept(club, order_id)[0] == "open"
    kiosk.cable.cut = False
    kiosk.pass_by(60)
    assert _kept(club, order_id) == ("done", "", SHOT)


def test_a_crash_between_picture_and_answer_asks_for_both_again(club: Club, kiosk: QuietDevice) -> None:
    order_id = _ordered(club, kiosk)
    kiosk.client.bring_shot(order_id, SHOT)
    kiosk.close()
    kiosk.told.clear()
    kiosk.boot()
    kiosk.pass_by(60)
    assert events.OrderCame(order_id, "screenshot") in kiosk.told
    kiosk.answer(order_id, done=True, picture=a_picture("PNG"))
    kiosk.pass_by(5)
    assert _kept(club, order_id) == ("done", "", SHOT), "the first picture stays"


def test_what_the_club_does_not_take_is_told_as_not_done(club: Club, kiosk: QuietDevice) -> None:
    order_id = _ordered(club, kiosk)
    kiosk.answer(order_id, done=True, picture=b"no picture at all")
    kiosk.pass_by(5)
    assert _kept(club, order_id) == ("refused", "picture-not-taken", b"")
    too_large = _ordered(club, kiosk)
    kiosk.answer(too_large, done=True, picture=b"\x89PNG" + bytes(remote.LARGEST_SHOT))
    kiosk.pass_by(5)
    assert _kept(club, too_large) == ("refused", "picture-not-taken", b"")


def test_a_picture_of_an_order_that_is_over_is_forgotten(club: Club, kiosk: QuietDevice) -> None:
    order_id = _ordered(club, kiosk)
    kiosk.cable.cut = True
    kiosk.answer(order_id, done=True, picture=SHOT)
    kiosk.pass_by(remote.LIFE.total_seconds())
    kiosk.cable.cut = False
    kiosk.pass_by(120)
    assert _kept(club, order_id)[0] == "expired"
    assert (kiosk.doing.shots._kept, kiosk.state.replies) == ({}, {})
