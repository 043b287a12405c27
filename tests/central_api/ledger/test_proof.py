"""The proof of the books: honest books always pass, and whatever is spoilt behind the database's back is found and named."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from central_api.ledger.proof import canonical, repository, sealing, verify
from central_api.ledger.tables import ledger_entries, ledger_postings, lot_uses, lots
from club.model import errors
from tests.support import books as support
from tests.support.books import Books
from tests.support.corruptions import CORRUPTIONS, CORRUPTIONS_OF_SQLITE

ACTS = st.one_of(
    st.tuples(st.just("earn"), st.integers(0, 3), st.integers(0, 900), st.integers(-2, 40)),
    st.tuples(st.just("spend"), st.integers(0, 3), st.integers(1, 1200), st.just(0)),
    st.tuples(st.just("give back"), st.integers(0, 30), st.integers(1, 400), st.just(0)),
    st.tuples(st.just("take back"), st.integers(0, 30), st.integers(0, 400), st.integers(0, 400)),
    st.tuples(st.just("next days"), st.integers(0, 3), st.integers(1, 20), st.just(0)),
    st.tuples(st.just("seal"), st.just(0), st.integers(1, 5), st.just(0)),
)


class Course:
    """Plays acts on books as staff and members would; what the rules refuse changes nothing."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.members = [books.member(home) for home in ("east", "west", "east", "west")]
        self.earned: list[str] = []
        self.spent: list[str] = []
        self.owed = 0

    def act(self, what: str, who: int, points: int, more: int) -> None:
        """One act; refusals are part of life."""
        books, store = self.books, ("east", "west", "")[who % 3]
        try:
            match what:
                case "earn":
                    self.earned.append(books.earn(self.members[who], points, points, more, store))
                case "spend":
                    self.spent.append(books.spend(self.members[who], points, store))
                case "give back" if self.spent:
                    books.give_back(self.spent[who % len(self.spent)], points, store)
                case "take back" if self.earned:
                    books.take_back(self.earned[who % len(self.earned)], points, more, store)
                case "next days":
                    books.today += timedelta(days=points)
                    books.expire(self.members[who])
                case "seal":
                    sealing.seal(books.db, points)
        except (errors.NotEnoughPoints, ValueError):
            pass


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, max_size=40))
def test_any_course_of_honest_bookings_proves(
    books_template: Path, tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int, int, int]]
) -> None:
    with support.on_sqlite(books_template, tmp_path_factory.mktemp("course")) as books:
        proves(books, acts)


@pytest.mark.postgres
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, max_size=40))
def test_any_course_of_honest_bookings_proves_on_postgresql(
    books_on_postgresql: Books, acts: list[tuple[str, int, int, int]]
) -> None:
    proves(books_on_postgresql, acts)


def proves(books: Books, acts: list[tuple[str, int, int, int]]) -> None:
    """Play the acts; the books are right before and after the sealing, and every entry is counted."""
    course = Course(books)
    for act in acts:
        course.act(*act)
    faults, open_books = books.proof()
    assert faults == []
    books.seal()
    faults, proved = books.proof()
    assert faults == []
    assert proved.unsealed == 0
    assert proved.seals == proved.entries == open_books.entries
    with books.db.read() as tx:
        assert proved.entries == len(tx.rows(select(ledger_entries.c.id)))
        assert proved.postings == len(tx.rows(select(ledger_postings.c.id)))
        assert proved.lots == len(tx.rows(select(lots.c.id)))
        assert proved.uses == len(tx.rows(select(lot_uses.c.id)))


@dataclass(frozen=True, slots=True)
class Story:
    """Books with a little of everything, and the ids in them that corruptions are planted at."""

    books: Books
    member: str
    other: str
    first: str  # earned 600, its lot
    lot: str
    second: str  # earned 900 and another lot
    spent: str  # 1,000 over both lots
    returned: str  # 300 of it given back
    fresh: str  # earned and not sealed

    def named(self) -> Mapping[str, str]:
        """The ids by name, for statements."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "books"}


@pytest.fixture
def story(books: Books) -> Story:
    """The books of every corruption, on each engine."""
    return told(books)


def told(books: Books) -> Story:
    """Play the story in empty books: they are right, and sealed but for one entry."""
    member, other = books.member(), books.member()
    first = books.earn(member, 600, 600, days=10)
    second = books.earn(member, 900, 900, days=200)
    books.earn(other, 600, 10, days=20)
    spent = books.spend(member, 1000)
    books.spend(member, 200)
    returned = books.give_back(spent, 300).entry
    books.seal()
    fresh = books.earn(member, 50, 50)
    assert books.proof()[0] == []
    with books.db.read() as tx:
        lot = tx.scalar(select(lots.c.id).where(lots.c.entry == first))
    return Story(books, member, other, first, lot, second, spent, returned, fresh)


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_every_corruption_is_found_and_named(story: Story, corruption: str) -> None:
    found(story, *CORRUPTIONS[corruption])


@pytest.mark.parametrize("corruption", CORRUPTIONS_OF_SQLITE)
def test_a_column_that_holds_something_else_is_found_and_the_others_are_proved(
    books_template: Path, tmp_path: Path, corruption: str
) -> None:
    with support.on_sqlite(books_template, tmp_path) as books:
        story = told(books)
        found(story, *CORRUPTIONS_OF_SQLITE[corruption])
        assert story.books.proof()[1].seals == 6


def found(story: Story, statements: tuple[str, ...], codes: set[str], names: str) -> None:
    """Spoil the rows; exactly these faults are found, and one names the place."""
    story.books.spoil(*(each.format(**story.named()) for each in statements))
    faults, _ = story.books.proof()
    assert {fault.code for fault in faults} == codes
    assert any(names.format(**story.named()) in fault.text for fault in faults)
    people = ("王", "先生")
    assert not any(word in fault.text for fault in faults for word in people)


def test_a_whole_chain_rewritten_agrees_with_itself_and_not_with_what_was_written_down(story: Story) -> None:
    books = story.books
    known = known_end(books)
    assert books.proof(known)[0] == []
    rewritten(story, lambda: books.spoil(f"UPDATE ledger_entries SET paid_fen = 9 WHERE id = '{story.first}'"))
    assert books.proof()[0] == [], "nothing inside the database tells"
    assert [fault.code for fault in books.proof(known)[0]] == ["seal-not-as-known"]


def test_a_chain_cut_off_behind_everybodys_back_is_shorter_than_was_written_down(story: Story) -> None:
    books = story.books
    known = known_end(books)
    last = max(sequence for _, sequence in known)
    books.spoil(
        f"INSERT INTO ledger_unsealed (entry, store) SELECT entry, store FROM ledger_seals WHERE sequence = {last}",
        f"DELETE FROM ledger_seals WHERE sequence = {last}",
    )
    assert books.proof()[0] == []
    assert [fault.code for fault in books.proof(known)[0]] == ["seal-not-as-known"]


def known_end(books: Books) -> dict[tuple[str, int], str]:
    """The ends of the chains as somebody wrote them down."""
    return {(store, sequence): digest for store, (sequence, digest) in books.proof()[1].heads.items()}


def rewritten(story: Story, change: Callable[[], None]) -> None:
    """Change something and make every seal anew, as one would who knows how seals are made."""
    change()
    previous, made = canonical.FIRST, []
    with story.books.db.read() as tx:
        for seal in repository.seals(tx, "east", 0, 100):
            content = repository.contents(tx, [seal.entry])[seal.entry]
            digest = canonical.digest(content, "east", seal.sequence, previous)
            made.append(
                f"UPDATE ledger_seals SET hash = '{digest}', previous = '{previous}' WHERE entry = '{seal.entry}'"
            )
            previous = digest
    story.books.spoil(*made)


def test_it_goes_through_large_books_in_small_steps(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "SIZE", 3)
    members = [books.member() for _ in range(4)]
    for member in members:
        for _ in range(3):
            books.earn(member, 100)
        books.spend(member, 150)
    books.seal()
    faults, proved = books.proof()
    assert faults == []
    assert (proved.entries, proved.postings, proved.accounts, proved.lots, proved.uses, proved.seals) == (
        16,
        32,
        8,
        12,
        8,
        16,
    )
    with books.db.read() as tx:
        last = tx.scalar(select(ledger_entries.c.id).order_by(ledger_entries.c.id.desc()).limit(1))
    books.spoil(f"UPDATE ledger_entries SET category = 'x' WHERE id = '{last}'")
    assert [fault.code for fault in books.proof()[0]] == ["seal-wrong"]


def test_it_runs_beside_bookings(books: Books) -> None:
    member = books.member()
    for _ in range(20):
        books.earn(member, 10)
    proved = verify.Proved()
    course = verify.run(books.db.read, proved)
    books.earn(member, 10)
    assert list(course) == []
    with books.db.write() as tx:
        tx.execute(text("UPDATE accounts SET balance = balance"))  # nothing is locked any more
