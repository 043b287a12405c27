"""The chain of each store: in order, without a gap, the same on both databases, written in the background by one at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from litestar.testing import TestClient
from sqlalchemy import select

from central_api import app, background
from central_api.db import Database
from central_api.ledger.proof import canonical, repository, sealing
from central_api.ledger.proof.canonical import Content
from central_api.ledger.tables import ledger_entries, ledger_seals, ledger_unsealed
from tests.support import wait
from tests.support.books import Books
from tests.support.central import Club

GOLDEN = {
    "": "f7a4a1c3434dd4132a54515c22bb78888026ac502cd1e1880b5deb2ad978def3",
    "east": "e359b386eb02f22aab4dc4756eb899e98052e981a77cff54c25251291d4c1ce7",
    "west": "14245d1cbe730c313abec02b210715f3b21abddf9fde71e9f53020855740f0dd",
}
"""The ends of the chains of `a_course`, which must never change: seals of years ago are computed anew with every proof."""


def a_course(books: Books) -> None:
    """Acts of every kind in two stores and none."""
    member, other = books.member(), books.member("west")
    books.earn(member, 600, 600, days=10)
    books.earn(member, 900, 900, days=200, store="west")
    books.earn(other, 50, 0, store="", kind="opening")
    spent = books.spend(member, 1000)
    books.give_back(spent, 500, store="west")
    books.today += timedelta(days=20)
    books.give_back(spent)
    books.expire(other)


def chain(books: Books, store: str) -> list[tuple[int, str]]:
    """Sequence and entry of a store's seals."""
    with books.db.read() as tx:
        return [(seal.sequence, seal.entry) for seal in repository.seals(tx, store, 0, 1000)]


def test_each_store_has_a_chain_of_its_own_in_the_order_of_arrival(books: Books) -> None:
    member = books.member()
    entries: dict[str, list[str]] = {"east": [], "west": [], "": []}
    for number in range(12):
        store = ("east", "west", "", "east")[number % 4]
        books.today -= timedelta(days=1)  # an instant before the one before: arrival counts
        entries[store].append(books.earn(member, 10, days=400, store=store))
        if number == 5:
            books.seal()
    assert books.seal() == 6
    for store, arrived in entries.items():
        assert chain(books, store) == list(enumerate(arrived, 1))
    faults, proved = books.proof()
    assert (faults, proved.seals, proved.unsealed, set(proved.heads)) == ([], 12, 0, {"east", "west", ""})


def test_the_chains_are_the_same_on_both_databases_and_for_ever(books: Books) -> None:
    a_course(books)
    books.seal()
    faults, proved = books.proof()
    assert faults == []
    assert {store: digest for store, (_, digest) in proved.heads.items()} == GOLDEN


def test_the_text_of_a_seal_is_as_documented() -> None:
    entry = {
        "id": "e1",
        "member": "m1",
        "kind": "bill",
        "category": "wash",
        "at": datetime(2026, 5, 16, 14, 32, tzinfo=timezone(timedelta(hours=8))),
        "store": "east",
        "bill": "B-7",
        "paid_fen": 82_000,
        "reference": None,
        "reverses": None,
        "facts": {"title": {"zh": "保养", "en": ""}, "line": 1},
        "added_later": "is not sealed",
    }
    content = Content(
        entry,
        (("member:m1:points", 820), ("club:points:issued", -820)),
        (("l2", 5), ("l1", 7)),
        (("l3", date(2026, 12, 31), datetime(2026, 5, 16, 6, 32, tzinfo=UTC), 820),),
    )
    assert canonical.text(content, "east", 3, "ab").decode() == (
        '{"entry":{"at":"2026-05-16T06:32:00.000000Z","bill":"B-7","category":"wash",'
        '"facts":{"line":1,"title":{"en":"","zh":"\\u4fdd\\u517b"}},"id":"e1","kind":"bill","member":"m1",'
        '"paid_fen":82000,"reference":null,"reverses":null,"store":"east"},'
        '"lots":[["l3","2026-12-31","2026-05-16T06:32:00.000000Z",820]],'
        '"postings":[["club:points:issued",-820],["member:m1:points",820]],"previous":"ab","sequence":3,"store":"east",'
        '"uses":[["l1",7],["l2",5]],"v":1}'
    )


def test_sealing_again_is_harmless_and_a_backlog_is_caught_up(books: Books) -> None:
    member = books.member()
    for _ in range(7):
        books.earn(member, 1)
    assert [sealing.seal(books.db, 3) for _ in range(4)] == [3, 3, 1, 0]
    assert [sequence for sequence, _ in chain(books, "east")] == list(range(1, 8))
    with books.db.read() as tx:
        assert tx.rows(select(ledger_unsealed)) == []


def test_an_entry_that_is_rolled_back_leaves_no_gap(books: Books) -> None:
    member = books.member()
    first = books.earn(member, 100)
    with pytest.raises(ValueError, match="give back"):
        books.give_back(books.spend(member, 10), 11)
    last = books.earn(member, 5)
    books.seal()
    assert [entry for _, entry in chain(books, "east")][::2] == [first, last]
    assert books.proof()[0] == []


def test_processes_that_seal_while_others_book_seal_each_entry_once(books: Books) -> None:
    members = [books.member() for _ in range(4)]
    booked = threading.Event()
    others = [Database(books.url) for _ in range(3)]

    def book(member: str) -> None:
        for _ in range(25):
            books.earn(member, 10)

    def seal(db: Database) -> int:
        total = 0
        while True:
            last = booked.is_set()
            found = sealing.seal(db, 5)
            total += found
            if last and not found and not sealing.seal(db, 5):
                return total

    with ThreadPoolExecutor(8) as pool:
        sealers = [pool.submit(seal, db) for db in others]
        for done in [pool.submit(book, member) for member in members]:
            done.result()
        booked.set()
        sealed = sum(sealer.result() for sealer in sealers) + books.seal()
    for db in others:
        db.close()
    faults, proved = books.proof()
    assert faults == []
    assert proved.seals == proved.entries == 100
    assert sealed <= 100, "what two did at once counts once"


def test_of_two_that_looked_at_the_same_moment_one_throws_its_work_away(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = books.member()
    books.earn(member, 10)
    own, meanwhile = sealing.chained, []

    def chained(*arguments: object) -> list[dict[str, object]]:
        monkeypatch.setattr(sealing, "chained", own)
        meanwhile.append(sealing.seal(books.db))  # another process, between our look and our writing
        return own(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(sealing, "chained", chained)
    assert sealing.seal(books.db) == 0
    assert meanwhile == [1]
    assert books.proof()[0] == []


def test_the_running_service_seals_by_itself(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsealed() -> int:
        with club.context.db.read() as tx:
            everything = set(tx.rows(select(ledger_entries.c.id)))
            return len(everything - set(tx.rows(select(ledger_seals.c.entry))))

    assert unsealed() > sealing.BATCH, "the demo club's whole history waits"
    monkeypatch.setattr(background, "SEAL_S", 0.01)
    with TestClient(app.create_app(club.context.settings, context=club.context)):
        wait.until(lambda: unsealed() == 0, "a seal for every entry")


@pytest.mark.parametrize("fault", [TypeError("what a row held"), ValueError("what a row held"), RuntimeError()])
def test_a_round_that_fails_is_logged_without_its_words_and_the_next_one_comes(
    club: Club, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    own, tried = sealing.seal, list[int]()

    def seal(db: Database) -> int:
        tried.append(1)
        if len(tried) < 3:
            raise fault
        return own(db)

    monkeypatch.setattr(sealing, "seal", seal)
    monkeypatch.setattr(background, "SEAL_S", 0.01)
    with TestClient(app.create_app(club.context.settings, context=club.context)):
        wait.until(lambda: len(tried) > 3, "sealing to be tried again")
    told = [
        record for record in caplog.records if record.name == "central_api.background" and record.levelname == "ERROR"
    ]
    assert len(told) == 2
    assert not any("what a row held" in record.getMessage() for record in told)
