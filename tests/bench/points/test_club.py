"""A filled club is one that the product itself could have become: its books prove, each member is a member, and each can redeem."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from central_api.cards.tables import card_sessions, cards
from central_api.ledger.proof import guards, verify
from central_api.ledger.tables import accounts, ledger_entries, lots
from central_api.members.tables import members
from tests.bench.points import club, life
from tests.bench.points.club import Model
from tests.bench.points.conftest import SMALL
from tests.bench.points.operations import Books


def test_the_books_of_a_filled_club_prove(books: Books) -> None:
    proved = verify.Proved()
    with books.db.read() as tx:
        assert guards.present(tx) >= guards.GUARDS[tx.dialect]
    assert [str(fault) for fault in verify.run(books.db.read, proved)] == []
    assert (proved.entries, proved.lots, proved.seals) == (3 * SMALL.members, 3 * SMALL.members, 3 * SMALL.members)


def test_every_member_has_a_card_and_a_session_at_home(books: Books) -> None:
    joined = (
        select(
            members.c.id, members.c.home_store, card_sessions.c.id.label("session"), card_sessions.c.device, cards.c.uid
        )
        .join(cards, cards.c.member == members.c.id)
        .join(card_sessions, card_sessions.c.card == cards.c.id)
        .order_by(members.c.id)
    )
    with books.db.read() as tx:
        found = tx.rows(joined)
    numbers = range(SMALL.members)
    assert [row.id for row in found] == [club.member_id(number) for number in numbers]
    assert [row.session for row in found] == [club.session_id(number) for number in numbers]
    assert [row.home_store for row in found] == [club.store_slug(number % SMALL.stores) for number in numbers]
    assert [row.device for row in found] == [books.club.kiosk_of(number).device_id for number in numbers]
    assert len({row.uid for row in found}) == SMALL.members


def test_of_three_lots_one_has_ended_and_one_member_is_rich(books: Books) -> None:
    query = select(lots.c.member, lots.c.expires, lots.c.left).order_by(lots.c.member, lots.c.expires)
    with books.db.read() as tx:
        rows = tx.rows(query)
        balance = tx.scalar(select(accounts.c.balance).where(accounts.c.id == f"member:{club.member_id(7)}:points"))
    of_one = [row for row in rows if row.member == club.member_id(7)]
    assert [row.left for row in of_one] == [500, 250, 20_000]
    assert [row.expires < books.today for row in of_one] == [True, False, False]
    assert balance == 20_750
    assert sum(row.left for row in rows if row.member == club.member_id(1)) > 50_000_000


@pytest.mark.parametrize("night", [None, 0, 3])
def test_a_life_is_twenty_entries_and_ends_when_it_says(books: Books, night: int | None) -> None:
    model = Model(99_999, books.today)
    with books.db.write() as tx:
        club._add_model(tx, books.club, model, model.at(0))
        life.twenty_entries(night)(tx, model)
    mine = ledger_entries.c.member == model.member
    with books.db.read() as tx:
        kinds = tx.rows(
            select(ledger_entries.c.kind, func.count().label("times")).where(mine).group_by(ledger_entries.c.kind)
        )
        last = books.today + timedelta(days=365 if night is None else night)
        ending = tx.rows(
            select(lots.c.left).where(lots.c.member == model.member, lots.c.left > 0, lots.c.expires == last)
        )
        ended = tx.rows(
            select(lots.c.id).where(lots.c.member == model.member, lots.c.left > 0, lots.c.expires < books.today)
        )
        faults = list(verify.run(books.db.read, verify.Proved()))
    assert sum(row.times for row in kinds) == life.ENTRIES
    assert {row.kind for row in kinds} == {"bill", "bonus", "redeem", "reverse", "adjust", "expire"}
    assert (len(ending), ended) == (0 if night is None else 1, [])
    assert [str(fault) for fault in faults] == []
