"""Guesses at voucher codes in staff mode: few for whoever guesses and few for a kiosk, then a wait; slips and right codes never wait (A14, K12)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from central_api.cards.pins import PinRules
from central_api.cards.tables import phone_tries
from central_api.devices import enrolled
from central_api.lifecycle import staff_mode, voucher_desk, voucher_tries
from central_api.lifecycle.voucher_desk import Seen
from club.model import errors, voucher
from club.wire import staff_mode as wire
from tests.central_api.device_api.test_staff_mode import LI, Desk, acts
from tests.central_api.device_api.test_staff_vouchers import fulfil, seen
from tests.support.central import Club, a_redeem, code_of, facts_of

TRIES, LOCK_S = 5, 900  # the demo club's, as of a PIN
OTHERS = ("1029", "1047")


@pytest.fixture
def desk(club: Club) -> Desk:
    """Li in staff mode at the first kiosk."""
    return Desk(club, club.device()).entered()


@pytest.fixture
def code(club: Club, desk: Desk) -> str:
    """A voucher that 王先生 has just bought there."""
    (made,) = club.redeemed(desk.device, a_redeem(desk.device.session(club.card()))).vouchers
    return made.code


def at_another_kiosk(desk: Desk) -> Desk:
    """The same person with the same card."""
    found = Desk(desk.club, desk.club.device("kiosk-2"), desk.number)
    found.card = desk.card
    return found.entered()


def nobodys(desk: Desk) -> str:
    return voucher.make(desk.club.context.random_below)


def guess(desk: Desk, times: int) -> None:
    for place in range(times):
        if place % 2:
            assert code_of(fulfil(desk, nobodys(desk))) == "not_found"
        else:
            assert code_of(desk.ask("vouchers", wire.SeeVoucher(code=nobodys(desk)))) == "not_found"


def test_who_guesses_waits_as_after_wrong_pins_and_it_is_on_the_record(club: Club, desk: Desk, code: str) -> None:
    guess(desk, TRIES - 1)
    assert seen(desk, code).state == "issued", "some in vain do not keep from a right one"
    club.clock.forward(60)
    guess(desk, 1)
    for answer in (desk.ask("vouchers", wire.SeeVoucher(code=code)), fulfil(desk, code)):
        assert (answer.status_code, code_of(answer)) == (429, "too_many_guesses")
        assert facts_of(answer) == {"seconds": LOCK_S - 60}
        assert answer.headers["retry-after"] == str(LOCK_S - 60)
    told = acts(club, "voucher.%")
    assert [act for _, act, _ in told] == [*["voucher.unknown"] * 4, "voucher.look", "voucher.unknown", "voucher.lock"]
    assert told[-1] == (f"staff:{LI}", "voucher.lock", {"kiosk": "kiosk-1", "tries": TRIES})
    club.clock.forward(LOCK_S - 60)
    desk.entered()  # ten minutes without a request ended the session
    assert fulfil(desk, code).status_code == 200
    guess(desk, TRIES)
    assert code_of(fulfil(desk, code)) == "too_many_guesses"


def test_leaving_coming_back_and_another_kiosk_are_no_way_around_it(club: Club, desk: Desk, code: str) -> None:
    guess(desk, TRIES)
    desk.device.send("DELETE", f"/v1/staff-sessions/{desk.session}")
    assert code_of(fulfil(desk.entered(), code)) == "too_many_guesses"
    assert code_of(fulfil(at_another_kiosk(desk), code)) == "too_many_guesses"
    colleague = Desk(club, desk.device, OTHERS[0]).entered()
    assert fulfil(colleague, code).status_code == 200, "somebody else at the same kiosk did not guess"


def test_a_kiosk_has_few_guesses_whoever_stands_there(club: Club, desk: Desk, code: str) -> None:
    guess(desk, TRIES)
    guess(Desk(club, desk.device, OTHERS[0]).entered(), TRIES * (voucher_tries.PEOPLE - 1))
    third = Desk(club, desk.device, OTHERS[1]).entered()
    assert code_of(fulfil(third, code)) == "too_many_guesses"
    assert fulfil(at_another_kiosk(third), code).status_code == 200


def test_slips_of_the_finger_and_vouchers_that_are_closed_are_no_guesses(desk: Desk, code: str) -> None:
    slip = f"{code[:-1]}{(int(code[-1]) + 1) % 10}"
    for _ in range(3 * TRIES):
        assert code_of(desk.ask("vouchers", wire.SeeVoucher(code=slip))) == "not_found"
    assert fulfil(desk, code).status_code == 200
    for _ in range(3 * TRIES):
        assert code_of(fulfil(desk, code)) == "voucher_closed"
    assert seen(desk, code).state == "fulfilled"


def test_a_right_code_between_guesses_gives_no_more_of_them(desk: Desk, code: str) -> None:
    for place in range(TRIES):
        guess(desk, 1)
        if place < TRIES - 1:
            assert seen(desk, code).state == "issued"
    assert code_of(desk.ask("vouchers", wire.SeeVoucher(code=nobodys(desk)))) == "too_many_guesses"


def test_the_same_unknown_code_again_counts_once_until_its_count_is_over(club: Club, desk: Desk, code: str) -> None:
    """The paper in hand is of a kiosk without network: nobody knows its code until that kiosk is back."""
    papers = [nobodys(desk) for _ in range(TRIES - 1)]
    for paper in papers * 3:
        assert code_of(desk.ask("vouchers", wire.SeeVoucher(code=paper))) == "not_found"
        assert code_of(fulfil(desk, paper)) == "not_found"
    assert seen(desk, code).state == "issued"
    assert [act for _, act, _ in acts(club, "voucher.unknown")] == ["voucher.unknown"] * (TRIES - 1)
    with club.context.db.read() as tx:
        kept = [row.last_ask for row in tx.rows(select(phone_tries).where(phone_tries.c.source.like("vouchers:%")))]
    assert len(kept) == 2
    assert not any(paper in row for paper in papers for row in kept), "what will be somebody's is not kept as it is"
    club.clock.forward(LOCK_S)
    desk.entered()
    for paper in papers:
        assert code_of(fulfil(desk, paper)) == "not_found"
    guess(desk, 1)
    assert code_of(fulfil(desk, code)) == "too_many_guesses", "afterwards each counts anew"


def test_what_a_colleague_asked_for_counts_for_whoever_asks_and_once_for_the_kiosk(club: Club, desk: Desk) -> None:
    papers = [nobodys(desk) for _ in range(TRIES)]
    for person in (desk, Desk(club, desk.device, OTHERS[0]).entered()):
        assert [code_of(fulfil(person, paper)) for paper in papers] == ["not_found"] * TRIES
        assert code_of(fulfil(person, papers[0])) == "too_many_guesses"
    third = Desk(club, desk.device, OTHERS[1]).entered()
    assert code_of(fulfil(third, papers[0])) == "not_found"


def test_an_answer_that_was_lost_is_given_again_whoever_guessed_meanwhile(club: Club, desk: Desk, code: str) -> None:
    first = fulfil(desk, code, "act-lost")
    assert first.status_code == 200
    guess(desk, TRIES)
    again = fulfil(desk, code, "act-lost")
    assert (again.status_code, again.json()) == (200, first.json())
    assert [act for _, act, _ in acts(club, "voucher.fulfil")] == ["voucher.fulfil"]
    assert code_of(fulfil(desk, code, "act-anew")) == "too_many_guesses"
    assert code_of(fulfil(desk, nobodys(desk), "act-lost")) == "too_many_guesses"


def test_members_at_that_kiosk_sign_in_by_phone_as_before(club: Club, desk: Desk) -> None:
    """Both are counted in one table: neither is taken for the other."""
    guess(desk, TRIES)
    wish = {"session_id": "by-phone", "phone": "13800006621", "pin": club.demo.pins["m0001"]}
    assert desk.device.post("/v1/phone-sessions", wish).status_code == 200


def test_guesses_sent_all_at_once_are_counted_one_by_one(club: Club, desk: Desk) -> None:
    context, now, rules = club.context, club.clock.now(), PinRules(TRIES, LOCK_S // 60, 72, 10)
    with context.db.write() as tx:
        device = enrolled.Device(desk.device.identity.device_id, "kiosk", "kiosk-1", "east")
        kiosk = staff_mode.find(tx, desk.session, device, now, 10)

    def one(code: str) -> str:
        try:
            found = context.db.run(
                lambda tx: voucher_tries.limited(
                    tx, context.keyring, kiosk, code, rules, now, lambda: voucher_desk.look(tx, kiosk, code, now)
                )
            )
        except errors.TooManyGuesses as refusal:
            return refusal.code
        return "seen" if isinstance(found, Seen) else found.code

    codes = [nobodys(desk) for _ in range(4 * TRIES)]
    with ThreadPoolExecutor(6) as pool:
        found = sorted(pool.map(one, codes))
    assert found == ["not_found"] * TRIES + ["too_many_guesses"] * (3 * TRIES)
