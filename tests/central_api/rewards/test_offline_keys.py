"""A store's kiosks are told whose signatures make a voucher as soon as one of them comes, goes, or has another key (A14)."""

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select

from central_api import background
from central_api.devices import pairing
from central_api.devices import service as devices
from central_api.feed import service as feed
from central_api.feed.tables import change_log
from central_api.rewards.offline.rules import Rules
from club.sync.identity import Identity
from club.wire import signing
from club.wire.devices import AskPairing, KeyChanged, NewKey, Pairing
from club.wire.offline import OfflineEntity
from tests.central_api.rewards.rogue import Rogue
from tests.support.central import Club, new_id, read


def _told(club: Club) -> dict[str, str]:
    """The keys that the store's feed names last, once what is noted is published."""
    background.publish_due(club.context)
    with club.context.db.read() as tx:
        found = feed.last_published(tx, feed.store_feed("east"), "offline", "east")
    assert found is not None
    return msgspec.json.decode(found, type=OfflineEntity).device_keys


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
    own = kiosk.device.identity.device_id
    new = Identity.load_or_create(tmp_path / "next.json", new_id=lambda: own)
    proof = signing.to_text(new._key.sign(signing.text_of_key(own, new.public_key)))
    read(kiosk.device.post("/v1/devices/self/keys", NewKey(public_key=new.public_key, proof=proof)), KeyChanged)
    assert _told(club) == {own: new.public_key}


def test_a_store_that_never_had_rules_is_told_nothing(club: Club) -> None:
    club.device()
    background.publish_due(club.context)
    with club.context.db.read() as tx:
        query = select(func.count()).select_from(change_log).where(change_log.c.entity == "offline")
        assert tx.scalar(query) == 0
