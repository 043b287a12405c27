"""A limit outlives the card: what was spent counts for the card in its place, and however its members are merged (N4, A9)."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import func, select, update

from central_api.cards.tables import card_sessions, cards
from central_api.ledger.tables import holds
from central_api.lifecycle import card_desk, merging
from central_api.members.tables import members
from central_api.programme import service as programmes
from central_api.rewards import limits
from central_api.rewards.tables import redemptions
from club.model import errors
from club.wire.cards import CardSession, Evidence
from club.wire.rewards import Redeem
from tests.central_api.integrations.test_till import PAYMENTS, limited, state, wish
from tests.central_api.rewards.counter import AT_ONCE, Counter, books_are_right, cheap_wash
from tests.support.central import WANG, Club, Device, a_redeem, code_of, facts_of, new_id, read
from tests.support.partner import Partner, a_member_row, partner

OLD, OTHER, COPIED = f"card-{WANG}", "m0002", "0444283CC4FBAA"
SECOND, THIRD = "04A1A1A1A1A1A1", "04A2A2A2A2A2A2"


@pytest.fixture
def till(club: Club) -> Partner:
    """A till that knows 王先生 as K-1001, whoever holds his points."""
    found = partner(club, "members.read", "members.write", "points.pay", source="till-east", store="east")
    assert found.rows("/v1/dms/members", a_member_row(member=WANG))[0]["result"] == "linked"
    return found


def desk(club: Club) -> card_desk.Desk:
    return card_desk.Desk(club.context.vault, club.context.keyring, "staff:1001", club.clock.now())


def replaced(club: Club, old: str, uid: str) -> str:
    """A new card of the same kind for an old one; the id."""
    with club.context.db.write() as tx:
        row = tx.first(select(cards).where(cards.c.id == old))
        printed = f"8800 {uid[-8:-4]} {uid[-4:]}"
        blank = card_desk.Blank(uid, row.family, printed, row.face, row.assurance, "2026-05-B")
        new = card_desk.take_in(tx, desk(club), blank, new_id=new_id)
        card_desk.replace(tx, desk(club), old, new, None)
    return new


def number(club: Club, card: str) -> str:
    with club.context.db.read() as tx:
        return str(tx.scalar(select(cards.c.number).where(cards.c.id == card)))


def spent(club: Club, card: str) -> int:
    """By a card and those before it, of its limit."""
    with club.context.db.read() as tx:
        return limits.so_far(tx, tx.first(select(cards).where(cards.c.id == card)), club.clock.now(), "east")


def granted(club: Club, device: Device, session: CardSession, reward: str, unit: int) -> Redeem:
    """A command whose PIN was right."""
    return Counter(club, device).granted(a_redeem(session, reward, unit))


def test_what_was_spent_with_every_card_before_counts_at_the_till_and_the_kiosk(club: Club, till: Partner) -> None:
    limited(club, 2000, "month")
    kiosk = club.device()
    club.redeemed(kiosk, a_redeem(kiosk.session(club.card())))
    second = replaced(club, OLD, SECOND)
    refused = till.post(PAYMENTS, wish("P-1", 810, card=number(club, second)))
    assert (code_of(refused), facts_of(refused)) == ("card_limit_reached", {"cap": 2000, "spent": 1200, "per": "month"})
    assert till.post(PAYMENTS, wish("P-2", 500, card=number(club, second))).status_code == 200
    third = replaced(club, second, THIRD)
    refused = kiosk.redeem(granted(club, kiosk, kiosk.session(club.card(THIRD)), "full-service-voucher", 3200))
    assert (code_of(refused), facts_of(refused)) == ("card_limit_reached", {"cap": 2000, "spent": 1700, "per": "month"})
    assert state(till, "P-2", "confirm") == "paid"
    assert spent(club, third) == 1700
    now = club.clock.now()
    with club.context.db.read() as tx:
        assert limits.left_offline(tx, third, now, now, "east") == 300, "what was handed out offline pays no more"
    assert state(till, "P-2", "cancel") == "returned"
    assert spent(club, third) == 1200, "what the till gave back counts no more, whichever card paid"


def test_the_daily_cap_of_a_card_that_can_be_copied_goes_on_with_the_new_one(club: Club) -> None:
    device = club.device()
    session = read(device.open(Evidence(uid=COPIED, family="desfire-ev3")), CardSession)
    assert device.redeem(granted(club, device, session, "full-service-voucher", 2900)).status_code == 200
    with club.context.db.read() as tx:
        old = str(tx.scalar(select(cards.c.id).where(cards.c.uid == COPIED)))
    replaced(club, old, SECOND)
    session = read(device.open(Evidence(uid=SECOND, family="desfire-ev3")), CardSession)
    refused = device.redeem(granted(club, device, session, "quick-wash", 300))
    assert (code_of(refused), facts_of(refused)) == ("daily_cap_reached", {"cap": 2999, "spent": 2900})
    club.clock.forward(86400)
    session = read(device.open(Evidence(uid=SECOND, family="desfire-ev3")), CardSession)
    assert device.redeem(granted(club, device, session, "quick-wash", 300)).status_code == 200


def test_a_merge_and_its_undoing_leave_counted_what_was_paid(club: Club, till: Partner) -> None:
    card = limited(club, 2000)
    with club.context.db.write() as tx:
        tx.execute(update(members).where(members.c.id == OTHER).values(kind="company"))
    assert till.post(PAYMENTS, wish("P-1", 500, card=card)).status_code == 200
    assert state(till, "P-1", "confirm") == "paid"
    now = club.clock.now()
    merges = merging.Desk(club.context.keyring, "staff:1001", now, new_id)
    with club.context.db.write() as tx:
        made = merging.merge(tx, merges, programmes.current(tx, now), WANG, OTHER, reason="two-cards").merge
    refused = till.post(PAYMENTS, wish("P-2", 1510, card=card))
    assert (code_of(refused), facts_of(refused)["spent"]) == ("card_limit_reached", 500)
    kiosk, own = club.device(), club.card()
    assert kiosk.redeem(granted(club, kiosk, kiosk.session(own), "basic-service-voucher", 1200)).status_code == 200
    assert till.post(PAYMENTS, wish("P-3", 200, card=card)).status_code == 200
    assert state(till, "P-3", "confirm") == "paid"
    assert spent(club, OLD) == 1900
    with club.context.db.write() as tx:
        merging.undo(tx, merges, made)
    assert spent(club, OLD) == 1900, "also what was paid and redeemed while it was the other's"
    refused = kiosk.redeem(granted(club, kiosk, kiosk.session(own), "basic-service-voucher", 1200))
    assert (code_of(refused), facts_of(refused)["spent"]) == ("card_limit_reached", 1900)


def test_a_card_that_was_found_begins_anew_and_the_one_in_its_place_goes_on(club: Club, till: Partner) -> None:
    limited(club, 2000)
    kiosk = club.device()
    club.redeemed(kiosk, a_redeem(kiosk.session(club.card())))
    second = replaced(club, OLD, SECOND)
    with club.context.db.write() as tx:
        card_desk.bring_back(tx, desk(club), OLD)
        card_desk.issue(tx, desk(club), OLD, WANG, None)
        card_desk.limit(tx, desk(club), OLD, 2000, "day")
    assert (spent(club, second), spent(club, OLD)) == (1200, 0)
    for name, card, points in (("P-1", OLD, 500), ("P-2", second, 300)):
        assert till.post(PAYMENTS, wish(name, points, card=number(club, card))).status_code == 200
    assert (spent(club, second), spent(club, OLD)) == (1500, 500)


def test_thirty_two_with_the_old_card_and_the_new_one_spend_the_limit_once(club: Club) -> None:
    """Both cards at once, as in the instant in which one takes the other's place."""
    device = club.device()
    cheap_wash(club)
    limited(club, 100)
    first = device.session(club.card())
    replaced(club, OLD, SECOND)
    with club.context.db.write() as tx:
        tx.execute(update(cards).where(cards.c.id == OLD).values(state="active"))
        tx.execute(update(card_sessions).where(card_sessions.c.card == OLD).values(ended_at=None))
    second = device.session(club.card(SECOND))
    counter = Counter(club, device)
    wanted = [
        counter.granted(a_redeem(session, "quick-wash", 10)) for _ in range(AT_ONCE // 2) for session in (first, second)
    ]
    answers = counter.all_at_once(wanted)
    assert [answer.status for answer in answers].count(200) == 10
    assert all(b"card_limit_reached" in answer.body for answer in answers if answer.status != 200)
    books_are_right(club)


def test_a_card_that_is_replaced_while_it_spends_leaves_only_the_rest(club: Club, till: Partner) -> None:
    device = club.device()
    cheap_wash(club)
    printed = limited(club, 100)
    counter = Counter(club, device)
    session = device.session(club.card())
    wanted = [counter.granted(a_redeem(session, "quick-wash", 10)) for _ in range(AT_ONCE)]
    began = Barrier(AT_ONCE // 2 + 3)

    def redeem(command: Redeem) -> str:
        try:
            return str(counter.send(command).status)
        except errors.CardBlocked as refusal:
            return refusal.code

    def kiosk(commands: list[Redeem]) -> list[str]:
        began.wait(60)
        return [redeem(command) for command in commands]

    def pay() -> int:
        began.wait(60)
        return till.post(PAYMENTS, wish("P-1", 30, card=printed)).status_code

    def swap() -> str:
        began.wait(60)
        return replaced(club, OLD, SECOND)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        kiosks = [pool.submit(partial(kiosk, wanted[n :: AT_ONCE // 2])) for n in range(AT_ONCE // 2)]
        paid, swapped = pool.submit(pay), pool.submit(swap)
        began.wait(60)
        new = swapped.result()
        later = device.session(club.card(SECOND))
        with_new = counter.all_at_once([counter.granted(a_redeem(later, "quick-wash", 10)) for _ in range(AT_ONCE)])
        done = [answer for each in kiosks for answer in each.result()]
    washed = 10 * (done.count("200") + [answer.status for answer in with_new].count(200))
    kept = 30 if paid.result() == 200 else 0
    assert (washed + kept, spent(club, new)) == (100, 100)
    tables = (redemptions, holds)
    with club.context.db.read() as tx:
        lines = [tx.scalar(select(func.count()).where(of.c.line.is_not(None), of.c.card == OLD)) for of in tables]
    assert lines == [0, 0], "a first card's spendings are found by its own id"
    books_are_right(club)
