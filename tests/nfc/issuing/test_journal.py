"""The journal of issuing: what is torn is found, whatever the power did to the file (spec N6)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from nfc.issuing.journal import Journal, JournalDamaged, Torn

UID, OTHER = bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("04112233445566")


def journal(path: Path) -> Journal:
    return Journal(path, lambda: "now")


def test_what_did_not_end_is_torn_at_its_last_step(tmp_path: Path) -> None:
    with journal(tmp_path / "j") as book:
        book.begun(UID, "issue", 2)
        book.step(UID, "select")
        book.step(UID, "change key 0")
        book.begun(OTHER, "reset", 0)
        book.step(OTHER, "select")
        book.ended(OTHER)
    with journal(tmp_path / "j") as again:
        assert again.torn(UID) == Torn("issue", 2, "change key 0")
        assert again.torn(OTHER) is None
        assert again.all_torn() == {UID.hex().upper(): Torn("issue", 2, "change key 0")}
        again.begun(UID, "issue", 2)
        assert again.torn(UID) == Torn("issue", 2, "change key 0")
        again.step(UID, "select")
        again.ended(UID)
        assert again.all_torn() == {}


def test_each_entry_is_on_the_disk_before_anything_is_done(tmp_path: Path) -> None:
    sizes: list[int] = []
    with Journal(tmp_path / "j", lambda: "now", lambda file: sizes.append(os.fstat(file).st_size)) as book:
        book.begun(UID, "issue", 1)
        book.step(UID, "select")
        book.ended(UID)
    assert len(sizes) == 3
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == (tmp_path / "j").stat().st_size


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    with journal(tmp_path / "j") as book:
        book.begun(UID, "issue", 1)
    assert stat.S_IMODE((tmp_path / "j").stat().st_mode) == 0o600


def test_cut_off_at_any_byte_it_is_read_up_to_the_last_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with journal(path) as book:
        book.begun(UID, "issue", 1)
        book.step(UID, "select")
        book.step(UID, "prove")
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    ends = {len(b"".join(lines[: number + 1])): number for number in range(len(lines))}
    expected = [Torn("issue", 1, ""), Torn("issue", 1, "select"), Torn("issue", 1, "prove")]
    for size in range(len(content) + 1):
        path.write_bytes(content[:size])
        whole = max((number for end, number in ends.items() if end <= size), default=None)
        with journal(path) as book:
            assert book.torn(UID) == (None if whole is None else expected[whole])
            book.step(UID, "later")
        assert path.read_bytes().endswith(b"\n")
        with journal(path) as book:
            assert whole is None or book.torn(UID) == Torn("issue", 1, "later")


@pytest.mark.parametrize("line", [b"nonsense", b"[]", b'{"at":"now"}', b'{"card":"04","begin":"issue"}'])
def test_damage_in_the_middle_is_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "j"
    with journal(path) as book:
        book.begun(UID, "issue", 1)
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(JournalDamaged, match="line 2"):
        journal(path)
