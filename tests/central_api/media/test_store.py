"""Files of the media store appear whole, under the hash of their content (L4)."""

import hashlib
from pathlib import Path

import pytest

from central_api.media.store import MediaStore


def test_the_same_content_is_one_file(tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    first, second = store.put(b"tea"), store.put(b"tea")
    assert first == second == hashlib.sha256(b"tea").hexdigest()
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == [first]
    path = store.path(first)
    assert path is not None
    assert path.read_bytes() == b"tea"


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MediaStore(tmp_path)

    def full(handle: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("central_api.media.store.os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        store.put(b"tea")
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_a_file_cut_short_is_written_again(tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    sha256 = store.put(b"tea")
    path = store.path(sha256)
    assert path is not None
    path.write_bytes(b"t")
    store.put(b"tea")
    assert path.read_bytes() == b"tea"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "/.."])
def test_only_hashes_name_files(tmp_path: Path, name: str) -> None:
    assert MediaStore(tmp_path).path(name) is None
