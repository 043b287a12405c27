"""A device's key is changed by the key itself; what was signed with the one before is good for a while (ADR 0014)."""

from pathlib import Path

from sqlalchemy import select

from central_api.devices import incidents, keys, repository
from central_api.staff.tables import audit
from club.sync.identity import Identity
from club.wire import signing
from club.wire.devices import KeyChanged, NewKey
from club.wire.rewards import Redeemed
from tests.support.central import Club, Device, a_redeem, code_of, read


def another(device: Device, folder: Path, name: str = "next") -> Device:
    """The same device with a key of its own making."""
    identity = Identity.load_or_create(folder / f"{name}.json", new_id=lambda: device.identity.device_id)
    return Device(device.http, identity, device.clock)


def wish(new: Device) -> NewKey:
    text = signing.text_of_key(new.identity.device_id, new.identity.public_key)
    return NewKey(public_key=new.identity.public_key, proof=signing.to_text(new.identity._key.sign(text)))


def test_the_next_key_takes_over_and_the_one_before_stays_good_for_a_while(club: Club, tmp_path: Path) -> None:
    old = club.device()
    new = another(old, tmp_path)
    assert code_of(new.get("/v1/devices/self")) == "signature_wrong"
    changed = read(old.post("/v1/devices/self/keys", wish(new)), KeyChanged)
    assert changed == KeyChanged(public_key=new.identity.public_key, other_until=club.clock.now() + keys.OTHER_LIFE)
    for device in (old, new):
        assert device.get("/v1/devices/self").status_code == 200
        assert read(device.post("/v1/devices/self/keys", wish(new)), KeyChanged) == changed, (
            "a lost answer is asked for again"
        )
    club.clock.forward(keys.OTHER_LIFE.total_seconds())
    assert code_of(old.get("/v1/devices/self")) == "signature_wrong"
    assert new.get("/v1/devices/self").status_code == 200
    with club.context.db.read() as tx:
        acts = [row.act for row in tx.rows(select(audit).where(audit.c.actor == f"device:{old.identity.device_id}"))]
    assert acts == ["device.enrol", "device.change-key"]


def test_a_redemption_signed_before_the_change_is_carried_out_after_it(club: Club, tmp_path: Path) -> None:
    old, card = club.device(), club.card()
    session = old.session(card)
    command = club.granted(old, a_redeem(session))
    new = another(old, tmp_path)
    read(old.post("/v1/devices/self/keys", wish(new)), KeyChanged)
    first = read(old.redeem(command), Redeemed)
    assert read(new.redeem(command), Redeemed) == first, "whichever key signs it, it is the same command"
    later = club.granted(new, a_redeem(new.session(card)))
    assert read(new.redeem(later), Redeemed).command_id == later.command_id
    club.clock.forward(keys.OTHER_LIFE.total_seconds())
    assert code_of(old.redeem(command)) == "signature_wrong"


def test_only_the_key_in_use_changes_keys_and_only_to_one_the_device_has(club: Club, tmp_path: Path) -> None:
    old = club.device()
    new, third = another(old, tmp_path), another(old, tmp_path, "third")
    stolen = NewKey(public_key=third.identity.public_key, proof=wish(new).proof)
    assert code_of(old.post("/v1/devices/self/keys", stolen)) == "signature_wrong"
    assert read(old.post("/v1/devices/self/keys", wish(new)), KeyChanged).public_key == new.identity.public_key
    assert code_of(old.post("/v1/devices/self/keys", wish(third))) == "signature_wrong", "the one before may not"
    assert read(new.post("/v1/devices/self/keys", wish(third)), KeyChanged).public_key == third.identity.public_key
    assert code_of(old.get("/v1/devices/self")) == "signature_wrong", "two at a time"
    assert new.get("/v1/devices/self").status_code == 200


def test_staff_can_end_the_key_before_and_no_process_takes_it_any_more(club: Club, tmp_path: Path) -> None:
    old, card = club.device(), club.card()
    new = another(old, tmp_path)
    read(old.post("/v1/devices/self/keys", wish(new)), KeyChanged)
    done, copied = (club.granted(old, a_redeem(old.session(card))) for _ in range(2))
    read(old.redeem(done), Redeemed)  # signed with the key before, which is still good
    with club.context.db.write() as tx:
        keys.end_other(tx, old.identity.device_id, club.clock.now(), by="staff:1000")
    assert code_of(old.get("/v1/devices/self")) == "signature_wrong"
    for command in (done, copied):
        assert code_of(old.redeem(command)) == "signature_wrong"
    assert read(new.redeem(copied), Redeemed).command_id == copied.command_id
    assert new.get("/v1/devices/self").status_code == 200
    with club.context.db.read() as tx:
        assert repository.device(tx, old.identity.device_id).other_key is None


def test_where_there_is_no_key_before_nothing_is_ended_and_what_was_wrong_stays(club: Club, tmp_path: Path) -> None:
    old = club.device()
    name, new = old.identity.device_id, another(old, tmp_path)
    read(old.post("/v1/devices/self/keys", wish(new)), KeyChanged)
    club.clock.forward(keys.OTHER_LIFE.total_seconds())
    with club.context.db.write() as tx:
        incidents.open_one(tx, name, "kiosk-1", "clone", {}, club.clock.now())
        assert not keys.end_other(tx, name, club.clock.now(), by="staff:1000"), "the time of the key before is over"
        assert [row.kind for row in repository.open_incidents(tx, name)] == ["clone"]
    with club.context.db.read() as tx:
        assert not tx.rows(select(audit).where(audit.c.act == "device.end-key"))
