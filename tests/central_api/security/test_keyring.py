"""The file of the master keys: made once, given what newer versions need, never losing a key (ADR 0012)."""

import threading
import tomllib
from pathlib import Path

import pytest

from central_api.security import keyring

OLD = (
    "# Master keys of the club. Secret; part of every backup.\n"
    f'meta_key = "{"01" * 16}"\n'
    f'file_master = "{"02" * 16}"\n'
    f'store_seed = "{"03" * 32}"\n'
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file of before there were master keys of personal data."""
    path = tmp_path / "keys.toml"
    path.write_text(OLD, encoding="ascii")
    path.chmod(0o600)
    return path


def test_a_new_file_holds_a_master_key_and_is_private(tmp_path: Path) -> None:
    made = keyring.load_or_create(tmp_path / "new" / "keys.toml")
    assert list(made.masters) == [made.master]
    assert (tmp_path / "new" / "keys.toml").stat().st_mode & 0o777 == 0o600
    assert keyring.load_or_create(tmp_path / "new" / "keys.toml") == made
    assert made.masters[made.master].hex() not in repr(made)


def test_an_old_file_keeps_its_keys_and_gains_a_master_key(old: Path) -> None:
    found = keyring.load_or_create(old)
    assert (found.meta_key, found.file_master, found.store_seed) == (b"\1" * 16, b"\2" * 16, b"\3" * 32)
    text = old.read_text("ascii")
    assert text.startswith(OLD), "not a byte of before is touched"
    assert old.stat().st_mode & 0o777 == 0o600
    assert keyring.load_or_create(old) == found
    assert [path.name for path in old.parent.iterdir()] == ["keys.toml"], "nothing is left beside it"


def test_the_version_before_still_reads_a_file_that_gained_a_key(old: Path) -> None:
    keyring.load_or_create(old)
    content = tomllib.loads(old.read_text("ascii"))
    assert {name: content[name] for name in ("meta_key", "file_master", "store_seed")} == tomllib.loads(OLD)


def test_many_who_start_at_once_take_the_same_key(old: Path) -> None:
    found: list[keyring.Keyring] = []
    threads = [threading.Thread(target=lambda: found.append(keyring.load_or_create(old))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len({one.master for one in found}) == 1


def test_a_master_key_is_added_and_the_old_ones_stay(old: Path) -> None:
    before = keyring.load_or_create(old)
    after = keyring.add_master(keyring_path := old)
    assert after.master != before.master
    assert set(after.masters) == {before.master, after.master}
    assert after.masters[before.master] == before.masters[before.master]
    assert keyring.add_master(keyring_path).masters.keys() > after.masters.keys()


@pytest.mark.parametrize(
    "change",
    [
        ('master = "', 'master = "x'),
        ("[masters]\n", '[masters]\nshort = "00"\n'),
        ("[masters]\n", '[masters]\n"Not An Id" = "' + "0" * 64 + '"\n'),
        ("[masters]\n", "[others]\n"),
    ],
)
def test_a_file_that_was_spoilt_is_refused_and_left_alone(old: Path, change: tuple[str, str]) -> None:
    keyring.load_or_create(old)
    text = old.read_text("ascii").replace(*change)
    old.write_text(text, encoding="ascii")
    with pytest.raises(ValueError, match="expected"):
        keyring.load_or_create(old)
    assert old.read_text("ascii") == text


def test_a_file_written_otherwise_is_not_changed(old: Path) -> None:
    keyring.load_or_create(old)
    text = old.read_text("ascii") + '\n[more]\nx = "1"\n'
    old.write_text(text, encoding="ascii")
    with pytest.raises(ValueError, match="at the end of the file"):
        keyring.add_master(old)
    assert old.read_text("ascii") == text
