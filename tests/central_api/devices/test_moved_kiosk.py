"""A kiosk that comes to another store: nothing of the store before is left on it, what it owes goes on, and it knows the new store's cards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from central_api.devices import repository
from central_api.devices import service as devices
from central_api.devices.tables import places
from club.sync import events
from club.sync.device_seal import DeviceSeal
from club.wire.devices import Enrolled
from tests.support.central import WANG_UID, Club, a_redeem
from tests.support.quiet_device import QuietDevice

pytestmark = pytest.mark.parametrize("club", ["sqlite"], indirect=True)

SPOT, TAO_UID = "kiosk-west", "04D08884922534"


class PowerCut(Exception):
    """The program ends here."""


@pytest.fixture
def kiosk(club: Club, tmp_path: Path) -> Iterator[QuietDevice]:
    made = QuietDevice(club, tmp_path / "kiosk")
    made.pass_by(90)
    assert _store(made) == "east"
    yield made
    made.close()


def _store(kiosk: QuietDevice) -> str:
    enrolled = kiosk.doing.mirror.enrolled()
    assert enrolled is not None
    return enrolled.store.slug


def _move(club: Club, kiosk: QuietDevice) -> None:
    """The device stands in another store from now on, as after a restored backup or a pairing there."""
    with club.context.db.write() as tx:
        name = {"zh": "西店自助机", "en": "West kiosk"}
        tx.execute(insert(places).values(slug=SPOT, kind="kiosk", store="west", name=name))
        values: dict[str, object] = {"place": SPOT, "store": "west", "revoked_at": None}
        repository.change_device(tx, kiosk.device.identity.device_id, values)


def _card_hash(kiosk: QuietDevice) -> str:
    found = kiosk.doing.mirror.card_hash(WANG_UID)
    assert found is not None
    return found


def _settled_in(club: Club, kiosk: QuietDevice, before: str) -> None:
    """It stands in the west store, knows its cards, follows its feed, and nothing names or opens what was of the east."""
    kiosk.pass_by(200)
    assert _store(kiosk) == "west"
    now = kiosk.doing.mirror.card_hash(TAO_UID)  # whose home store is the west one
    assert now is not None
    assert kiosk.doing.mirror.member(now) is not None
    assert _card_hash(kiosk) != before
    assert kiosk.doing.mirror.member(before) is None
    feeds = set(kiosk.doing.mirror.places())
    assert feeds == set(kiosk.state.places)
    assert "store-west" in feeds
    assert "store-east" not in feeds
    assert before.encode() not in kiosk.on_disk()
    assert kiosk.state.online


def test_a_running_kiosk_that_was_moved_begins_anew(club: Club, kiosk: QuietDevice) -> None:
    before = _card_hash(kiosk)
    _move(club, kiosk)
    _settled_in(club, kiosk, before)


def test_a_kiosk_that_was_carried_over_switched_off_begins_anew(club: Club, kiosk: QuietDevice) -> None:
    before = _card_hash(kiosk)
    kiosk.close()
    _move(club, kiosk)
    kiosk.boot()
    _settled_in(club, kiosk, before)


def test_a_kiosk_that_was_shut_out_and_let_in_elsewhere_begins_anew(club: Club, kiosk: QuietDevice) -> None:
    before = _card_hash(kiosk)
    with club.context.db.write() as tx:
        devices.revoke(tx, kiosk.device.identity.device_id, club.clock.now(), by="staff:1001")
    kiosk.pass_by(60)
    assert events.NeedsEnrolment(revoked=True) in kiosk.told
    _move(club, kiosk)
    kiosk.state = kiosk.doing.restored()[0]
    kiosk.doing.mirror.keep_enrolled(kiosk.client.myself())
    kiosk.close()
    kiosk.boot()
    _settled_in(club, kiosk, before)


def test_no_member_of_the_store_before_is_known_from_the_moment_the_new_one_is(club: Club, kiosk: QuietDevice) -> None:
    before, copied = _card_hash(kiosk), (kiosk.folder / "device.db.key").read_bytes()
    _move(club, kiosk)
    assert kiosk.doing.mirror.keep_enrolled(kiosk.client.myself())
    mirror = kiosk.doing.mirror
    assert (mirror.rows(), mirror.places(), mirror.epoch(), mirror.as_of()) == ([], {}, "", None)
    assert (kiosk.folder / "device.db.key").read_bytes() != copied, "a copy of its disk opens no more"
    assert before.encode() not in kiosk.on_disk()
    assert not mirror.keep_enrolled(kiosk.client.myself()), "told again it is where it was"


@pytest.mark.parametrize("step", ["scrub", "forget"])
def test_a_power_cut_on_the_way_leaves_a_kiosk_that_begins_anew(
    club: Club, kiosk: QuietDevice, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _card_hash(kiosk)
    _move(club, kiosk)

    def cut(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        if step == "scrub":
            patch.setattr(kiosk.store, "scrub", cut)
        else:
            patch.setattr(DeviceSeal, "forget", cut)
        with pytest.raises(PowerCut):
            kiosk.doing.mirror.keep_enrolled(kiosk.client.myself())
    kiosk.close()
    kiosk.boot()
    assert kiosk.doing.mirror.epoch() == ""
    assert before.encode() not in kiosk.on_disk()
    _settled_in(club, kiosk, before)


def test_a_power_cut_before_the_new_store_is_noted_leaves_the_store_before_whole(
    club: Club, kiosk: QuietDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _card_hash(kiosk)
    _move(club, kiosk)

    def cut(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(kiosk.store, "note", cut)
        with pytest.raises(PowerCut):
            kiosk.doing.mirror.keep_enrolled(kiosk.client.myself())
    kiosk.close()
    kiosk.boot()
    assert (_store(kiosk), kiosk.doing.mirror.member(before) is not None) == ("east", True)
    _settled_in(club, kiosk, before)


def test_what_was_confirmed_in_the_store_before_is_carried_out(club: Club, kiosk: QuietDevice) -> None:
    before = _card_hash(kiosk)
    command = club.granted(kiosk.device, a_redeem(kiosk.device.session(club.card())))
    kiosk.cable.cut = True
    kiosk._inputs.append(kiosk.doing.submit(command, member_id=before))
    kiosk.pass_by(30)
    assert [one.command_id for one in kiosk.doing.outbox.pending()] == [command.command_id]
    _move(club, kiosk)
    kiosk.doing.mirror.keep_enrolled(club_knows(club, kiosk))
    assert [one.command_id for one in kiosk.doing.outbox.pending()] == [command.command_id]
    kiosk.close()
    kiosk.boot()
    kiosk.cable.cut = False
    _settled_in(club, kiosk, before)
    assert kiosk.doing.outbox.pending() == ()
    assert any(
        isinstance(event, events.CommandSettled) and event.command_id == command.command_id for event in kiosk.told
    )


def club_knows(club: Club, kiosk: QuietDevice) -> Enrolled:
    """What the club says of the device, while its cable is out."""
    kiosk.cable.cut = False
    try:
        return kiosk.client.myself()
    finally:
        kiosk.cable.cut = True


def test_another_feed_without_another_store_asks_for_nothing_anew(club: Club, kiosk: QuietDevice) -> None:
    before = _card_hash(kiosk)
    with club.context.db.write() as tx:
        devices.put_in_group(tx, "east", "shanghai", club.clock.now(), by="staff:1001")
    kiosk.pass_by(200)
    assert (_store(kiosk), _card_hash(kiosk)) == ("east", before)
    assert kiosk.doing.mirror.member(before) is not None
    assert kiosk.doing.mirror.places() == kiosk.state.places
