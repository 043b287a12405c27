"""What is kept of members: sealed, bound to the device, wiped by order, and gone when the club erased somebody (X2, A10)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from club.sync.device_seal import DeviceSeal
from club.sync.identity import Identity
from club.sync.mirror import Mirror
from club.sync.store import DeviceStore
from tests.club.sync import makers

HASH, OTHER = "ab" * 32, "cd" * 32
SURNAME = "欧阳"


def _seal(store: DeviceStore, identity: Identity, machine: Callable[[], bytes] = lambda: b"here") -> DeviceSeal:
    return DeviceSeal(store.path.with_name("store.key"), identity, machine)


def _filled(store: DeviceStore, seal: DeviceSeal | None) -> Mirror:
    mirror = Mirror(store, seal)
    mirror.keep_enrolled(makers.an_enrolled())
    rows = [
        makers.a_change("store-east", 1, "member", HASH, makers.a_member(HASH, surname=SURNAME)),
        makers.a_change("store-east", 2, "member", OTHER, makers.a_member(OTHER, surname="司马")),
        makers.a_change("global", 1, "reward", "wash", makers.a_reward("wash")),
    ]
    mirror.apply(rows, epoch="e1", places={"store-east": 2, "global": 1}, at=makers.NOW)
    return mirror


def _on_disk(store: DeviceStore) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(store.path.parent.iterdir()))


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    return makers.an_identity(tmp_path / "elsewhere")


def test_no_name_stands_on_the_disk(store: DeviceStore, identity: Identity) -> None:
    mirror = _filled(store, _seal(store, identity))
    found = mirror.member(HASH)
    assert found is not None
    assert found.surname.zh == SURNAME
    assert SURNAME.encode() not in _on_disk(store)
    assert b"12860" not in _on_disk(store)
    again = Mirror(store, _seal(store, identity))
    assert again.member(HASH) == found
    assert (again.epoch(), again.places()) == ("e1", {"store-east": 2, "global": 1})


@pytest.mark.parametrize("what", ["machine", "identity", "file"])
def test_a_disk_in_another_device_tells_of_nobody_and_is_filled_anew(
    store: DeviceStore, identity: Identity, tmp_path: Path, what: str
) -> None:
    _filled(store, _seal(store, identity))
    if what == "file":
        store.path.with_name("store.key").write_bytes(b"damaged")
    other = makers.an_identity(tmp_path / "another") if what == "identity" else identity
    moved = Mirror(store, _seal(store, other, (lambda: b"there") if what == "machine" else (lambda: b"here")))
    assert moved.member(HASH) is None
    assert moved.epoch() == ""  # a whole snapshot is asked for
    assert [one.slug for one in moved.rewards()] == ["wash"]


def test_members_that_an_earlier_version_kept_open_are_dropped(store: DeviceStore, identity: Identity) -> None:
    _filled(store, None)
    assert SURNAME.encode() in _on_disk(store)
    mirror = Mirror(store, _seal(store, identity))
    assert (mirror.member(HASH), mirror.epoch()) == (None, "")
    assert SURNAME.encode() not in _on_disk(store)


def test_a_wipe_takes_rows_and_key_and_can_be_done_twice(store: DeviceStore, identity: Identity) -> None:
    seal = _seal(store, identity)
    mirror = _filled(store, seal)
    kept, before = _on_disk(store), seal.fingerprint
    mirror.wipe()
    mirror.wipe()
    assert (mirror.member(HASH), mirror.rewards(), mirror.epoch(), mirror.places()) == (None, (), "", {})
    assert HASH.encode() not in _on_disk(store)
    assert HASH.encode() in kept
    assert seal.fingerprint != before  # a copy made before is unreadable from now on


def test_whom_the_club_erased_is_gone_from_the_disk_and_its_log(store: DeviceStore, identity: Identity) -> None:
    mirror = _filled(store, _seal(store, identity))
    gone = makers.a_change("store-east", 3, "member", HASH, None)
    mirror.apply([gone], epoch="e1", places={"store-east": 3}, at=makers.NOW)
    assert mirror.member(HASH) is None
    assert HASH.encode() not in _on_disk(store)
    assert OTHER.encode() in _on_disk(store)


def test_a_value_opens_only_in_its_own_place(store: DeviceStore, identity: Identity) -> None:
    seal = _seal(store, identity)
    sealed = seal.close(b"6280", "member:a")
    assert seal.open(sealed, "member:a") == b"6280"
    assert seal.open(sealed, "member:b") is None
    assert seal.open(sealed[:5], "member:a") is None
    assert store.path.with_name("store.key").stat().st_mode & 0o077 == 0
