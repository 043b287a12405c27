"""The laboratory's key file: only its owner's, complete, and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from nfc.issuing import bench, key_file
from nfc.virtual.ntag424 import URL_TEMPLATE


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "keys.toml"
    bench.new_keys(path, URL_TEMPLATE)
    return path


def test_fresh_keys_are_all_different_and_of_version_1(made: Path, tmp_path: Path) -> None:
    content = key_file.load(made)
    held = content.versions[content.current]
    assert (content.current, content.url) == (1, URL_TEMPLATE)
    assert len({held.meta, held.file, held.app, held.write}) == 4
    other = tmp_path / "other.toml"
    bench.new_keys(other, URL_TEMPLATE)
    assert key_file.load(other).versions[1] != held
    assert held.meta.hex() not in repr(content).lower()


def test_keys_are_never_written_over(made: Path) -> None:
    before = made.read_bytes()
    with pytest.raises(FileExistsError):
        bench.new_keys(made, URL_TEMPLATE)
    assert made.read_bytes() == before


def test_a_url_that_cannot_be_written_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(key_file.KeyFileRefused, match="once each"):
        bench.new_keys(tmp_path / "keys.toml", "https://x.example")
    assert not list(tmp_path.iterdir())


def test_a_file_that_others_can_read_is_refused(made: Path) -> None:
    made.chmod(0o640)
    with pytest.raises(
        key_file.KeyFileRefused, match=r"expected a file that only its owner can read \(0600\), found 0640"
    ):
        key_file.load(made)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("current = 1", "current = 2", "current: expected one of"),
        ("current = 1", "current = true", "current: expected one of"),
        ("[versions.1]", "[versions.0]", "version of 1 to 255"),
        ("[versions.1]", "[versions.one]", "expected a number"),
        ("[versions.1]", "[version.1]", r"at least one table \[versions.1\]"),
        ("meta = ", "mete = ", "unknown key 'mete'"),
        ('app = "', 'app = "00', "expected 16 bytes of the app master, found 17"),
        ('app = "', 'app = "zz', "expected 32 hexadecimal digits"),
        ("{picc}", "picc", "url: expected"),
        ("current", "[", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named_and_no_key_is_shown(made: Path, old: str, new: str, said: str) -> None:
    text = made.read_text(encoding="utf-8")
    secret = text.split('app = "')[1][:32]
    made.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(key_file.KeyFileRefused, match=said) as refused:
        key_file.load(made)
    assert secret not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(key_file.KeyFileRefused, match="cannot be read"):
        key_file.load(tmp_path / "none.toml")
