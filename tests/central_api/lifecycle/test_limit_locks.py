"""Setting a card's limit locks the account first and then the card, as all that spends does: nobody waits in a ring, none goes by the old one."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from central_api.cards import repository as cards
from central_api.cards.tables import cards as card_rows
from central_api.db import Tx
from central_api.ledger import service as ledger
from central_api.lifecycle import card_desk, merging
from central_api.members.tables import members
from central_api.rewards.tables import redemptions, rewards
from club.model import errors
from tests.central_api.lifecycle.test_card_limits import company, limit_of
from tests.central_api.lifecycle.test_card_locks import waiting, waits
from tests.central_api.rewards.counter import Counter, books_are_right
from tests.support.books import Books
from tests.support.central import WANG, Club, a_redeem
from tests.support.hall import PROGRAMME, Hall, furnish
from tests.support.wait import until

CARD = f"card-{WANG}"


@pytest.fixture
def hall(books_on_postgresql: Books, tmp_path: Path) -> Hall:
    """Empty books with keys and vault on PostgreSQL."""
    return furnish(tmp_path / "keys", books_on_postgresql)


def while_it_waits(hall: Hall, account: str, card: str, meanwhile: Callable[[Tx], object]) -> list[errors.ClubError]:
    """Set a limit while somebody has the account, and does something before letting go; how it was refused, if it was."""
    refused: list[errors.ClubError] = []

    def set_it() -> None:
        try:
            with hall.db.write() as tx:  # not `run`, which would try again after a deadlock
                card_desk.limit(tx, hall.desk, card, 500, "day")
        except errors.ClubError as error:
            refused.append(error)

    desk = threading.Thread(target=set_it)
    with hall.db.write() as tx:
        ledger.lock_member(tx, account)
        desk.start()
        until(lambda: waits(hall.db), "the desk to wait for the account", within_s=60)
        meanwhile(tx)
    desk.join(60)
    assert not desk.is_alive()
    return refused


@pytest.mark.postgres
def test_it_waits_for_the_account_without_the_card_in_hand(hall: Hall) -> None:
    firm = company(hall)
    card = hall.card(firm)
    free = select(card_rows.c.id).where(card_rows.c.id == card).with_for_update(nowait=True)
    assert while_it_waits(hall, firm, card, lambda tx: tx.rows(free)) == []
    with hall.db.read() as tx:
        assert limit_of(tx, card) == (500, "day")


@pytest.mark.postgres
def test_a_piece_handed_out_offline_is_settled_meanwhile_and_neither_is_ended(hall: Hall) -> None:
    """It takes the account, then the card's counter: the other way round each would wait for the other."""
    firm = company(hall)
    card = hall.card(firm)
    assert while_it_waits(hall, firm, card, lambda tx: cards.raise_counter(tx, card, 7)) == []
    with hall.db.read() as tx:
        assert limit_of(tx, card) == (500, "day")
        assert cards.card_by_id(tx, card).last_counter == 7


@pytest.mark.postgres
def test_two_companies_are_merged_meanwhile_and_the_card_has_its_limit(hall: Hall) -> None:
    firm, other = company(hall), company(hall)
    card = hall.card(firm)

    def merge(tx: Tx) -> None:
        merging.merge(tx, hall.merges, PROGRAMME, firm, other, reason="two-cards")

    assert while_it_waits(hall, firm, card, merge) == []
    with hall.db.read() as tx:
        assert (cards.card_by_id(tx, card).member, *limit_of(tx, card)) == (other, 500, "day")


@pytest.mark.postgres
def test_a_card_that_came_into_other_hands_meanwhile_has_none(hall: Hall) -> None:
    firm, other = company(hall), company(hall)
    card = hall.card(firm)

    def hand_over(tx: Tx) -> None:
        tx.execute(update(card_rows).where(card_rows.c.id == card).values(member=other))

    (refused,) = while_it_waits(hall, firm, card, hand_over)
    assert (refused.code, refused.facts) == ("edit_conflict", {"expected": firm, "found": other})
    with hall.db.read() as tx:
        assert limit_of(tx, card) == (None, "")


@pytest.mark.parametrize("club", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_redemptions_at_once_go_by_the_limit_from_when_it_is_told(club: Club) -> None:
    """The account is held until the desk waits for it, and behind it one that came before the limit was told."""
    device, db = club.device(), club.context.db
    counter, session = Counter(club, device), device.session(club.card())
    with db.write() as tx:
        tx.execute(update(members).where(members.c.id == WANG).values(kind="company"))
        washes = update(rewards).where(rewards.c.slug == "quick-wash")
        tx.execute(washes.values(points=10, limit_per="", limit_times=0))
    wishes = [counter.granted(a_redeem(session, "quick-wash", 10)) for _ in range(12)]
    before, behind = wishes[:4], wishes[4:]  # few enough that none waits for a connection
    assert [one.status for one in counter.all_at_once(before)] == [200] * len(before)
    answers: list[int] = []
    kiosks = threading.Thread(target=lambda: answers.extend(one.status for one in counter.all_at_once(behind)))

    def tell() -> None:
        with db.write() as tx:
            at = card_desk.Desk(club.context.vault, club.context.keyring, "staff:1001", club.clock.now())
            card_desk.limit(tx, at, CARD, 60, "day")

    desk = threading.Thread(target=tell)
    with db.write() as tx:
        ledger.lock_member(tx, WANG)
        desk.start()
        until(lambda: waiting(db) == 1, "the desk to wait for the account", within_s=60)
        kiosks.start()
        until(lambda: waiting(db) >= 2, "a redemption to wait behind the desk", within_s=60)
    for each in (desk, kiosks):
        each.join(60)
        assert not each.is_alive()
    assert spent(club) == 60, "what was spent before it counts, and nobody behind it went by no limit"
    assert (answers.count(200), len(answers)) == (2, len(behind))
    books_are_right(club)


def spent(club: Club) -> int:
    with club.context.db.read() as tx:
        return int(
            tx.scalar(select(func.coalesce(func.sum(redemptions.c.points), 0)).where(redemptions.c.card == CARD))
        )
