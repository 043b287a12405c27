"""The mirror: what the feeds said last, for reading without a network."""

import hashlib
import hmac
from datetime import timedelta

import msgspec
import pytest

from club.sync.mirror import Mirror
from club.sync.store import DeviceStore
from club.wire import codec, signing
from club.wire.changes import Change, SnapshotRow
from tests.club.sync import makers

HASH = "a" * 64


def _applied(mirror: Mirror, *changes: Change) -> frozenset[str]:
    return mirror.apply(changes, epoch="e1", places={"store-east": len(changes)}, at=makers.NOW)


def test_it_is_empty_and_without_a_time_before_the_first_sync(store: DeviceStore) -> None:
    mirror = Mirror(store)
    assert mirror.member(HASH) is None
    assert mirror.programme() is None
    assert mirror.store_profile() is None
    assert mirror.as_of() is None
    assert mirror.epoch() == ""
    assert mirror.places() == {}


def test_changes_come_and_go_with_their_place(store: DeviceStore) -> None:
    mirror = Mirror(store)
    kinds = _applied(mirror, makers.a_change("store-east", 1, "member", HASH, makers.a_member(HASH)))
    found = mirror.member(HASH)
    assert found is not None
    assert (found.surname.zh, found.points, kinds) == ("王", 6280, frozenset({"member"}))
    assert mirror.places() == {"store-east": 1}
    assert mirror.as_of() == makers.NOW
    _applied(mirror, makers.a_change("store-east", 2, "member", HASH, None))
    assert mirror.member(HASH) is None


def test_rewards_stand_in_the_catalogues_order_and_the_stores_own_word_wins(store: DeviceStore) -> None:
    mirror = Mirror(store)
    _applied(
        mirror,
        makers.a_change("global", 1, "reward", "wax", makers.a_reward("wax", points=900, order=2)),
        makers.a_change("global", 2, "reward", "wash", makers.a_reward("wash", points=500, order=1)),
        makers.a_change("store-east", 1, "reward", "wax", makers.a_reward("wax", points=800, order=2)),
    )
    assert [(one.slug, one.points) for one in mirror.rewards()] == [("wash", 500), ("wax", 800)]


def test_activities_come_in_their_order_and_go_again(store: DeviceStore) -> None:
    mirror = Mirror(store)
    kinds = _applied(
        mirror,
        makers.a_change("global", 1, "activity", "kites", makers.an_activity("kites", order=2)),
        makers.a_change("global", 2, "activity", "lakeside", makers.an_activity("lakeside", order=1)),
    )
    assert kinds == {"activity"}
    assert [one.slug for one in mirror.activities()] == ["lakeside", "kites"]
    _applied(mirror, makers.a_change("global", 3, "activity", "lakeside", None))
    assert [one.slug for one in mirror.activities()] == ["kites"]


def test_a_newer_servers_kinds_are_skipped_and_an_unreadable_row_does_not_stop_the_others(store: DeviceStore) -> None:
    mirror = Mirror(store)
    kinds = _applied(
        mirror,
        Change(feed="store-east", seq=1, entity="hologram", entity_id="h", payload=msgspec.Raw(b"{}")),
        Change(feed="store-east", seq=2, entity="reward", entity_id="bad", payload=msgspec.Raw(b'{"slug": 7}')),
        makers.a_change("store-east", 3, "reward", "wash", makers.a_reward("wash")),
    )
    assert kinds == frozenset({"reward"})
    assert [one.slug for one in mirror.rewards()] == ["wash"]
    assert mirror.places() == {"store-east": 3}
    assert store.read("SELECT count(*) FROM entity") == [(1,)]


def test_a_snapshot_takes_the_place_of_everything(store: DeviceStore) -> None:
    mirror = Mirror(store)
    _applied(mirror, makers.a_change("store-east", 1, "member", HASH, makers.a_member(HASH)))
    row = SnapshotRow(
        feed="global", entity="reward", entity_id="wash", payload=msgspec.Raw(codec.encode(makers.a_reward("wash")))
    )
    mirror.replace([row], epoch="e2", places={"global": 9}, at=makers.NOW + timedelta(minutes=1))
    assert mirror.member(HASH) is None
    assert [one.slug for one in mirror.rewards()] == ["wash"]
    assert (mirror.epoch(), mirror.places()) == ("e2", {"global": 9})


def test_a_card_is_known_by_its_hash_under_the_stores_key_and_a_random_uid_never(store: DeviceStore) -> None:
    mirror = Mirror(store)
    assert mirror.card_hash("04A1B2C3D4E5F6") is None  # not enrolled yet
    mirror.keep_enrolled(makers.an_enrolled())
    key = signing.from_text(makers.CARD_KEY)
    assert mirror.card_hash("04a1b2c3d4e5f6") == hmac.new(key, b"04A1B2C3D4E5F6", hashlib.sha256).hexdigest()
    assert mirror.card_hash("08A1B2C3") is None
    assert mirror.card_hash("04A1B2C3") is not None


@pytest.mark.parametrize("again", ["another key", "another store", "unreadable"])
def test_who_stands_elsewhere_has_nothing_mirrored_and_owes_what_it_owed(store: DeviceStore, again: str) -> None:
    mirror, here = Mirror(store), makers.an_enrolled()
    assert not mirror.keep_enrolled(here)
    rows = [makers.a_change("store-east", 1, "member", HASH, makers.a_member(HASH))]
    mirror.apply(rows, epoch="e1", places={"store-east": 1}, at=makers.NOW)
    store.note("clock", "kept")
    assert not mirror.keep_enrolled(msgspec.structs.replace(here, place="kiosk-2")), "another place of the same store"
    assert mirror.member(HASH) is not None
    elsewhere = msgspec.structs.replace(here, card_key="B" * 43)
    if again == "another store":
        elsewhere = msgspec.structs.replace(here, store=msgspec.structs.replace(here.store, slug="west"))
    if again == "unreadable":
        store.note("enrolled", "{}")
    assert mirror.keep_enrolled(elsewhere)
    assert (mirror.enrolled(), mirror.rows(), mirror.places(), mirror.epoch()) == (elsewhere, [], {}, "")
    assert store.noted("clock") == "kept"


def test_the_store_is_known_from_enrolment_on(store: DeviceStore) -> None:
    mirror = Mirror(store)
    mirror.keep_enrolled(makers.an_enrolled())
    profile = mirror.store_profile()
    assert profile is not None
    assert profile.name.zh == "城东店"


def test_wiping_leaves_no_name_on_the_disk(store: DeviceStore) -> None:
    mirror = Mirror(store)
    _applied(mirror, makers.a_change("store-east", 1, "member", HASH, makers.a_member(HASH, surname="欧阳")))
    mirror.wipe()
    on_disk = b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    assert "欧阳".encode() not in on_disk
    assert mirror.epoch() == ""


def test_a_version_that_mirrors_other_kinds_asks_for_everything_once(store: DeviceStore) -> None:
    mirror = Mirror(store)
    _applied(mirror, makers.a_change("store-east", 1, "reward", "wash", makers.a_reward("wash")))
    assert mirror.epoch() == "e1"
    store.note("shape", "0")
    assert mirror.epoch() == ""
