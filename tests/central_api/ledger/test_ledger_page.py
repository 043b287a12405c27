"""The worked example of docs/ledger.md is booked, and the books say what its tables say."""

from collections.abc import Sequence
from datetime import date
from itertools import accumulate
from pathlib import Path

from sqlalchemy import select

from central_api.ledger import service as ledger
from central_api.ledger.tables import ledger_entries, ledger_postings, lot_uses, lots
from tests.support.books import Books

PAGE = Path(__file__).parents[3] / "docs" / "ledger.md"


def table(first_column_and: str) -> list[list[str]]:
    """The cells of the page's table that has these columns, without its head."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(first_column_and)) + 2
    found = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def number(cell: str) -> int:
    """A cell as a whole number; a dash stands for a lot that is not there yet."""
    return 0 if cell == "–" else int(cell)


def play(books: Books) -> tuple[str, list[str]]:
    """Book the example; the member and the entries in their order."""
    member = books.member()
    on(books, "2026-01-10")
    first = books.earn(member, 600, 600, days=(date(2026, 3, 31) - books.today).days)
    on(books, "2026-02-05")
    second = books.earn(member, 900, 900, days=(date(2026, 12, 31) - books.today).days)
    on(books, "2026-03-20")
    spent = books.spend(member, 800)
    on(books, "2026-04-10")
    back = books.give_back(spent)
    assert back.expire_entry is not None
    on(books, "2026-05-06")
    taken = books.take_back(second, 450, 450)
    on(books, "2027-01-01")
    (expired,) = books.expire(member)
    return member, [first, second, spent, back.entry, back.expire_entry, taken.entry, expired]


def on(books: Books, day: str) -> None:
    books.today = date.fromisoformat(day)


def changes(books: Books, member: str, entries: Sequence[str], lot: str) -> list[int]:
    """By how much each entry changed what is left in a lot."""
    with books.db.read() as tx:
        made_by = tx.scalar(select(lots.c.entry).where(lots.c.id == lot))
        earned = tx.scalar(select(lots.c.earned).where(lots.c.id == lot))
        uses = {row.entry: row.points for row in tx.rows(select(lot_uses).where(lot_uses.c.lot == lot))}
    return [(earned if entry == made_by else 0) - uses.get(entry, 0) for entry in entries]


def test_the_examples_course_is_what_the_books_say(books: Books) -> None:
    member, entries = play(books)
    with books.db.read() as tx:
        rows = {row.id: row for row in tx.rows(select(ledger_entries))}
        a, b = [row.id for row in tx.rows(select(lots).order_by(lots.c.expires))]
        moves = {(row.entry, row.account): row.amount for row in tx.rows(select(ledger_postings))}
    points = [moves.get((entry, ledger.member_account(member, "points")), 0) for entry in entries]
    tier = [moves.get((entry, ledger.member_account(member, "tier")), 0) for entry in entries]
    told = table("| entry | day |")
    assert [(cells[1], cells[2]) for cells in told] == [
        (f"{rows[entry].at:%Y-%m-%d}", rows[entry].kind) for entry in entries
    ]
    columns = [
        points,
        tier,
        list(accumulate(changes(books, member, entries, a))),
        list(accumulate(changes(books, member, entries, b))),
        list(accumulate(points)),
        list(accumulate(tier)),
    ]
    assert [[number(cells[place]) for cells in told] for place in range(4, 10)] == columns
    found = books.balances(member)
    assert (found.points, found.tier_points) == (columns[4][-1], columns[5][-1])


def test_the_examples_postings_are_what_the_books_say(books: Books) -> None:
    member, entries = play(books)
    with books.db.read() as tx:
        booked = [
            (entries.index(row.entry) + 1, row.account.replace(f"member:{member}:", "member:"), row.amount)
            for row in tx.rows(select(ledger_postings))
        ]
    told = [(int(cells[0]), cells[1], number(cells[2])) for cells in table("| entry | account |")]
    assert sorted(told) == sorted(booked)
    sums = {name: sum(amount for _, account, amount in booked if account == name) for _, name, _ in booked}
    assert (sums["club:points:issued"], sums["club:points:redeemed"], sums["club:points:expired"]) == (-1050, 0, 1050)
    sentence = "1,050 points have been issued (600 + 900 - 450), none are redeemed, 1,050 expired"
    assert sentence in PAGE.read_text(encoding="utf-8")


def test_the_example_proves(books: Books) -> None:
    play(books)
    books.seal()
    faults, proved = books.proof()
    assert (faults, proved.entries, proved.seals) == ([], 7, 7)
