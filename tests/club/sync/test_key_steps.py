"""The identity's own steps to another key: each is whole on the disk, and an older program reads every one of them (ADR 0014)."""

import json
import stat
from pathlib import Path

import pytest

from club.sync import files
from club.sync.device_seal import DeviceSeal
from club.sync.identity import Identity
from tests.club.sync import makers

MACHINE = b"serial 1"


def _seal(folder: Path, identity: Identity) -> DeviceSeal:
    return DeviceSeal(folder / "store.db.key", identity, lambda: MACHINE)


def _again(folder: Path) -> Identity:
    return Identity.load_or_create(folder / "identity.json")


def test_each_step_is_what_a_start_finds(tmp_path: Path) -> None:
    identity = makers.an_identity(tmp_path)
    first = identity.public_key
    identity.note_since(makers.NOW)
    assert (_again(tmp_path).since, _again(tmp_path).has_next) == (makers.NOW, False)
    identity.begin_next()
    following = identity.as_next().public_key
    identity.begin_next()
    assert identity.as_next().public_key == following, "begun once"
    found = _again(tmp_path)
    assert (found.public_key, found.as_next().public_key) == (first, following)
    identity.switch(makers.NOW)
    found = _again(tmp_path)
    assert (found.public_key, found.has_next, found.has_former) == (following, False, True)
    identity.give_up_former()
    found = _again(tmp_path)
    assert (found.public_key, found.has_former, found.device_id) == (following, False, identity.device_id)
    path = tmp_path / "identity.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(json.loads(path.read_bytes())) == {"device_id", "private_key", "since"}


def test_a_disk_that_takes_nothing_leaves_every_step_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = makers.an_identity(tmp_path)
    first, on_disk = identity.public_key, (tmp_path / "identity.json").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_whole", full)
        with pytest.raises(OSError, match="No space"):
            identity.begin_next()
    assert (identity.has_next, (tmp_path / "identity.json").read_bytes()) == (False, on_disk)
    identity.begin_next()
    with monkeypatch.context() as patch:
        patch.setattr(files, "write_whole", full)
        with pytest.raises(OSError, match="No space"):
            identity.switch(makers.NOW)
    assert (identity.public_key, identity.has_former) == (first, False)


def test_what_was_sealed_opens_by_the_former_key_until_it_is_wrapped_anew_and_never_by_it_after(tmp_path: Path) -> None:
    identity = makers.an_identity(tmp_path)
    seal = _seal(tmp_path, identity)
    sealed, print_of = seal.close(b"a member", "member:1"), seal.fingerprint
    identity.begin_next()
    assert _seal(tmp_path, _again(tmp_path)).open(sealed, "member:1") == b"a member"
    old = _again(tmp_path)
    identity.switch(makers.NOW)
    # The power fails here: the key of the store is wrapped by the former.
    started = _seal(tmp_path, _again(tmp_path))
    assert (started.open(sealed, "member:1"), started.fingerprint) == (b"a member", print_of)
    seal.wrap_anew()
    assert _seal(tmp_path, _again(tmp_path)).open(sealed, "member:1") == b"a member"
    identity.give_up_former()
    assert _seal(tmp_path, _again(tmp_path)).open(sealed, "member:1") == b"a member"
    assert _seal(tmp_path, old).open(sealed, "member:1") is None, "a copy of the old key opens nothing"
