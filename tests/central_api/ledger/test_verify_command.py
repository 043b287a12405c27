"""`central-api ledger verify` as an operator runs it: its words, its exit code, with rights to read and no more."""

import os
import stat
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from central_api.__main__ import main
from central_api.db import Database
from tests.support import books as support
from tests.support.books import Books


def verify(capsys: pytest.CaptureFixture[str], url: str, *more: str) -> tuple[int, list[str], str]:
    """Run it; exit code, what it printed, what it complained of."""
    capsys.readouterr()
    code = main(["ledger", "verify", "--set", f"database.url={url}", *more])
    said = capsys.readouterr()
    return code, said.out.splitlines(), said.err


@pytest.fixture
def lived_in(books: Books) -> Books:
    """Books with sealed entries and one that waits."""
    member = books.member()
    earned = books.earn(member, 600, 600)
    books.give_back(books.spend(member, 200))
    books.take_back(earned, 100)
    books.seal()
    books.earn(member, 5)
    return books


def test_books_that_are_right(lived_in: Books, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = verify(capsys, lived_in.url)
    assert code == 0
    assert said[0] == "The books are right. Proved:"
    whole = " ".join(" ".join(said).split())
    assert "5 entries with 12 postings: each sums to zero" in whole
    assert "2 accounts of members" in whole
    assert "2 lots with 3 uses" in whole
    assert "4 seals in 1 chain, each computed anew" in whole
    assert "1 entry not sealed yet: no fault" in whole
    end = said[-1].strip().removeprefix("store east: ")
    assert end.startswith("east:4:")
    assert verify(capsys, lived_in.url, "--known", end)[0] == 0


def test_books_that_are_not(lived_in: Books, capsys: pytest.CaptureFixture[str]) -> None:
    lived_in.spoil("UPDATE accounts SET balance = balance + 1 WHERE track = 'tier' AND member IS NOT NULL")
    code, said, _ = verify(capsys, lived_in.url)
    assert code == 1
    assert said[0].startswith("FAULT balance-wrong: account member:")
    assert said[0].endswith("holds 601, its postings sum to 600")
    assert said[1] == "The books are NOT right: 1 fault, named above. Looked at:"
    assert "王" not in "".join(said)


def test_an_end_that_was_written_down_otherwise(lived_in: Books, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = verify(capsys, lived_in.url, "--known", f"east:2:{'0' * 64}", "--known", f"west:1:{'1' * 64}")
    assert code == 1
    assert [line.split(":")[0] for line in said[:2]] == ["FAULT seal-not-as-known"] * 2
    assert "seal 1 of store west was known as" in said[1]


@pytest.mark.parametrize("known", ["east", "east:2", "east:two:" + "0" * 64, "east:2:abc"])
def test_an_end_that_cannot_be_read(books: Books, capsys: pytest.CaptureFixture[str], known: str) -> None:
    code, said, complaint = verify(capsys, books.url, "--known", known)
    assert (code, said) == (1, [])
    assert f"expected STORE:SEQUENCE:HASH as a proof prints it, found {known}" in complaint


def test_it_needs_no_right_to_write(
    lived_in: Books, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    if lived_in.db.is_sqlite:
        path = Path(lived_in.url.removeprefix("sqlite:///"))
        lived_in.db.close()
        before = (path.read_bytes(), path.stat().st_mtime_ns, stat.S_IMODE(path.stat().st_mode))
        assert verify(capsys, lived_in.url)[0] == 0
        assert before == (path.read_bytes(), path.stat().st_mtime_ns, stat.S_IMODE(path.stat().st_mode))
        return
    with lived_in.db.write() as tx:
        tx.execute(text("DROP ROLE IF EXISTS auditor"))
        tx.execute(text("CREATE ROLE auditor LOGIN"))
        tx.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA public TO auditor"))

    def leave() -> None:
        with psycopg.connect(**address, autocommit=True) as link:  # type: ignore[arg-type]
            link.execute("DROP OWNED BY auditor")
            link.execute("DROP ROLE auditor")

    url = lived_in.db.engine.url
    address = {"host": url.query["host"], "user": url.username, "dbname": url.database}
    try:
        assert verify(capsys, lived_in.url.replace("postgres@", "auditor@"))[0] == 0
    finally:
        leave()


def test_a_copy_in_a_folder_that_may_not_be_written(
    books_template: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with support.on_sqlite(books_template, tmp_path) as books:  # leaving it puts the log into the database
        books.earn(books.member(), 600)
    path = tmp_path / "books.db"
    folder = tmp_path / "read-only"
    folder.mkdir()
    path.rename(folder / path.name)
    access = os.access
    monkeypatch.setattr(os, "access", lambda place, mode: place != folder and access(place, mode))  # also for root
    assert verify(capsys, f"sqlite:///{folder / path.name}")[0] == 0
    assert [each.name for each in folder.iterdir()] == [path.name]


def test_nothing_is_made_where_there_is_no_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, complaint = verify(capsys, f"sqlite:///{tmp_path / 'missing' / 'club.db'}")
    assert (code, said) == (1, [])
    assert "expected an SQLite database at" in complaint
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_another_version_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    Database(url).close()
    code, _, complaint = verify(capsys, url)
    assert code == 1
    assert "found none; run `central-api migrate`" in complaint
