"""A store's kiosks are told whose signatures make a voucher as soon as one of them comes, goes, or has another key (A14)."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, insert, select

from central_api import background
from central_api.devices import keys, pairing
from central_api.devices import service as devices
from central_api.devices.tables import places
from central_api.feed import service as feed
from central_api.feed.tables import change_log
from central_api.rewards.offline import rules
from central_api.rewards.offline.rules import Rules
from club.model import errors
from club.sync.identity import Identity
from club.sync.offline_desk import Wish
from club.wire import codec, signing
from club.wire.changes import Change
from club.wire.devices import AskPairing, KeyChanged, NewKey, Pairing
from club.wire.offline import FormerKey, OfflineEntity, OfflineVoucher, qr_text, read_qr
from tests.central_api.rewards.rogue import PRICE, WASH, Rogue
from tests.support.central import WANG, Club, new_id, read
from tests.support.quiet_device import QuietDevice


def _entity(club: Club) -> OfflineEntity:
    """What the store's feed says last, once what is noted is published."""
    background.publish_due(club.context)
    with club.context.db.read() as tx:
        found = feed.last_published(tx, feed.store_feed("east"), "offline", "east")
    assert found is not None
    return msgspec.json.decode(found, type=OfflineEntity)


def _told(club: Club) -> dict[str, str]:
    """The keys that the store's feed names last."""
    return _entity(club).device_keys


def _former(club: Club) -> dict[str, list[str]]:
    """The keys of a time before that it names last."""
    return {device: [one.key for one in keys] for device, keys in _entity(club).former_keys.items()}


def _renewed(kiosk: Rogue, folder: Path) -> Identity:
    """The next key of a device, which is its newest from now on."""
    own = kiosk.device.identity.device_id
    new = Identity.load_or_create(folder / "next.json", new_id=lambda: own)
    proof = signing.to_text(new._key.sign(signing.text_of_key(own, new.public_key)))
    read(kiosk.device.post("/v1/devices/self/keys", NewKey(public_key=new.public_key, proof=proof)), KeyChanged)
    return new


@pytest.fixture
def kiosk(club: Club) -> Rogue:
    made = Rogue(club, club.device())
    made.allow(Rules(enabled=True))
    return made


def _is(rogue: Rogue) -> dict[str, str]:
    return {rogue.device.identity.device_id: rogue.device.identity.public_key}


def test_one_that_is_let_in_and_one_that_is_shut_out(club: Club, kiosk: Rogue) -> None:
    second = club.device("kiosk-2").identity
    assert _told(club) == _is(kiosk) | {second.device_id: second.public_key}
    with club.context.db.write() as tx:
        devices.revoke(tx, second.device_id, club.clock.now(), by="staff:1001")
    assert _told(club) == _is(kiosk)


def test_one_that_is_paired_in_anothers_stead(club: Club, kiosk: Rogue) -> None:
    new = club.new_device()
    ask = AskPairing(
        device_id=new.identity.device_id, kind="kiosk", public_key=new.identity.public_key, version="0.1.0"
    )
    code = read(new.post("/v1/devices/pairings", ask), Pairing).code
    with club.context.db.write() as tx:
        found = pairing.enter(
            tx,
            code,
            "kiosk-1",
            staff="1001",
            stores=("east",),
            code_id=new_id(),
            now=club.clock.now(),
            replace=True,
        )
    assert not isinstance(found, pairing.Refused)
    assert _told(club) == {new.identity.device_id: new.identity.public_key}


def test_one_that_has_another_key(club: Club, kiosk: Rogue, tmp_path: Path) -> None:
    own = kiosk.device.identity
    new = _renewed(kiosk, tmp_path)
    assert _told(club) == {own.device_id: new.public_key}
    assert _former(club) == {own.device_id: [own.public_key]}, "its vouchers are still good"


def test_a_voucher_of_the_key_before_proves_itself_as_long_as_it_may_be_good(
    club: Club, kiosk: Rogue, tmp_path: Path
) -> None:
    kiosk.allow(Rules(enabled=True, floor_points=600, hours=24, quotas={WASH: 3}))
    old, piece = kiosk.device.identity, kiosk.command()
    made = OfflineVoucher(
        device=old.device_id,
        store="east",
        code=piece.code,
        reward=WASH,
        points=PRICE,
        issued_at=piece.issued_at,
        valid_to=piece.valid_to,
    )
    text = qr_text(made, old.sign_voucher(made))
    kiosk.device = replace(kiosk.device, identity=_renewed(kiosk, tmp_path))
    club.clock.forward(timedelta(days=15).total_seconds())  # the club takes that key no more
    assert read_qr(text, _told(club), _entity(club).former_keys) == made
    assert kiosk.settle(piece).reason == "", "the device signs anew what it still owes"
    late = msgspec.structs.replace(made, issued_at=club.clock.now() + timedelta(days=2))
    with pytest.raises(errors.SignatureWrong):
        read_qr(qr_text(late, old.sign_voucher(late)), _told(club), _entity(club).former_keys)
    club.clock.forward(timedelta(days=400).total_seconds())
    with club.context.db.write() as tx:
        rules.tell(tx, club.context.keyring, "east", club.clock.now())
    assert _former(club) == {}, "no such voucher is good any more"


def test_a_key_that_staff_have_ended_proves_nothing_any_more(club: Club, kiosk: Rogue, tmp_path: Path) -> None:
    own = kiosk.device.identity
    new = _renewed(kiosk, tmp_path)
    with club.context.db.write() as tx:
        assert keys.end_other(tx, own.device_id, club.clock.now(), by="staff:1001")
    assert (_told(club), _former(club)) == ({own.device_id: new.public_key}, {})


def test_one_that_was_moved_is_known_by_what_it_was_while_it_is_let_in(club: Club, kiosk: Rogue) -> None:
    own = kiosk.device.identity
    with club.context.db.write() as tx:
        name = {"zh": "西店自助机", "en": "West kiosk"}
        tx.execute(insert(places).values(slug="kiosk-west", kind="kiosk", store="west", name=name))
        devices.revoke(tx, own.device_id, club.clock.now(), by="staff:1001")
    assert (_told(club), _former(club)) == ({}, {}), "shut out, it may be in anybody's hands"
    ask = AskPairing(device_id=own.device_id, kind="kiosk", public_key=own.public_key, version="0.1.0")
    code = read(kiosk.device.post("/v1/devices/pairings", ask), Pairing).code
    with club.context.db.write() as tx:
        now = club.clock.now()
        found = pairing.enter(tx, code, "kiosk-west", staff="1001", stores=("west",), code_id=new_id(), now=now)
        assert not isinstance(found, pairing.Refused)
    assert (_told(club), _former(club)) == ({}, {own.device_id: [own.public_key]})
    with club.context.db.write() as tx:
        devices.revoke(tx, own.device_id, club.clock.now(), by="staff:1001")
    assert _former(club) == {}, "nor in the store before, once it is shut out of the new one"


def test_a_store_that_never_had_rules_is_told_nothing(club: Club) -> None:
    club.device()
    background.publish_due(club.context)
    with club.context.db.read() as tx:
        query = select(func.count()).select_from(change_log).where(change_log.c.entity == "offline")
        assert tx.scalar(query) == 0


@pytest.mark.parametrize("club", ["sqlite"], indirect=True)
def test_a_kiosk_shows_a_piece_of_the_key_before_all_the_same(club: Club, kiosk: Rogue, tmp_path: Path) -> None:
    kiosk.allow(Rules(enabled=True, floor_points=600, hours=24, quotas={WASH: 3}))
    own = QuietDevice(club, tmp_path / "own", "kiosk-2")
    try:
        own.pass_by(90)
        own.cable.cut = True
        own.pass_by(90)
        identity, mirror = own.client.identity, own.doing.mirror
        old, evidence = identity.public_key, club.card().evidence(900)
        wish = Wish(new_id(), new_id(), WASH, evidence, club.demo.pins[WANG])
        handed = own.offline.redeem(wish)
        identity.begin_next()
        identity.switch(own.clock.now())
        assert own.offline.look(evidence).held == {}
        known = mirror.offline()
        assert known is not None
        former = FormerKey(key=old, since=handed.voucher.issued_at, until=own.clock.now())
        told = msgspec.structs.replace(known, former_keys={identity.device_id: (former,)})
        row = Change(
            feed="store-east", seq=9, entity="offline", entity_id="east", payload=msgspec.Raw(codec.encode(told))
        )
        mirror.apply([row], epoch=mirror.epoch(), places=mirror.places(), at=own.clock.now())
        assert own.offline.look(evidence).held == {wish.command_id: handed}
        assert own.offline.redeem(wish) == handed, "the same touch"
    finally:
        own.close()
