"""Manifests on disk: one atomic switch, and a sound one to fall back on."""

import os
from pathlib import Path

import pytest

from club.model import errors
from club.sync.manifest_store import Kept, ManifestStore
from club.wire import codec
from tests.club.sync import makers


def _play(store: ManifestStore, revision: int, *contents: bytes) -> Kept:
    staged = store.stage(codec.encode(makers.a_manifest(revision, *contents)), f'"{revision}"')
    store.flip(staged)
    return staged


def test_a_staged_manifest_is_not_the_playing_one_until_it_is_switched(tmp_path: Path) -> None:
    store = ManifestStore(tmp_path)
    first = _play(store, 1)
    staged = store.stage(codec.encode(makers.a_manifest(2, b"new")), '"2"')
    assert ManifestStore(tmp_path).load() == (first,)
    store.flip(staged)
    assert ManifestStore(tmp_path).load() == (staged, first)
    assert staged.manifest == makers.a_manifest(2, b"new")
    assert staged.etag == '"2"'


def test_what_staged_playing_and_previous_show_is_referred_to(tmp_path: Path) -> None:
    store = ManifestStore(tmp_path)
    for revision, content in enumerate((b"oldest", b"previous", b"playing"), start=1):
        _play(store, revision, content)
    staged = store.stage(codec.encode(makers.a_manifest(4, b"staged")), "")
    names = {makers.a_picture(content).sha256 for content in (b"previous", b"playing", b"staged")}
    assert store.referred([staged]) == names


def test_older_ones_leave_the_disk(tmp_path: Path) -> None:
    store = ManifestStore(tmp_path)
    for revision in range(1, 6):
        _play(store, revision)
    assert len(list(tmp_path.glob("*.json"))) == 3  # pointer, playing, previous


@pytest.mark.parametrize("damage", [b"", b"{", None], ids=["empty", "half", "gone"])
def test_a_damaged_manifest_gives_way_to_the_one_before(tmp_path: Path, damage: bytes | None) -> None:
    store = ManifestStore(tmp_path)
    first, second = _play(store, 1), _play(store, 2)
    path = tmp_path / f"{second.key}.json"
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    assert ManifestStore(tmp_path).load() == (first,)


def test_a_changed_byte_is_noticed_although_it_is_still_a_manifest(tmp_path: Path) -> None:
    store = ManifestStore(tmp_path)
    first, second = _play(store, 1), _play(store, 2)
    path = tmp_path / f"{second.key}.json"
    path.write_bytes(path.read_bytes().replace("欢迎".encode(), "再见".encode()))
    assert store.load() == (first,)


def test_a_damaged_pointer_still_finds_the_newest_sound_one(tmp_path: Path) -> None:
    store = ManifestStore(tmp_path)
    first, second = _play(store, 1), _play(store, 2)
    os.utime(tmp_path / f"{first.key}.json", (1_000_000, 1_000_000))
    (tmp_path / "current.json").write_bytes(b"\x00" * 20)
    assert [kept.key for kept in ManifestStore(tmp_path).load()] == [second.key, first.key]


def test_a_power_failure_while_switching_leaves_the_old_one_playing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ManifestStore(tmp_path)
    first = _play(store, 1)
    staged = store.stage(codec.encode(makers.a_manifest(2)), "")

    def cut(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "replace", cut)
    with pytest.raises(OSError, match="Input/output"):
        store.flip(staged)
    assert store.load() == (first,)


def test_bytes_that_are_no_manifest_are_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.Malformed):
        ManifestStore(tmp_path).stage(b'{"display": 7}', "")
    assert list(tmp_path.iterdir()) == []
    assert ManifestStore(tmp_path).load() == ()
