"""Points as money at the till: kept, taken, given back; nothing twice, nothing lost (A11, A13)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from central_api.cards.tables import cards
from central_api.integrations.till import service
from central_api.ledger import debts
from central_api.ledger import service as ledger
from central_api.lifecycle import card_desk
from central_api.members.tables import members
from central_api.programme.content import TillRules
from central_api.staff.tables import audit
from club.model import errors
from tests.support.central import WANG, Club, a_redeem, code_of, facts_of
from tests.support.partner import Partner, a_bill_row, a_member_row, a_refund_row, partner

PAYMENTS = "/v1/till/payments"


@pytest.fixture
def till(club: Club) -> Partner:
    """A till that knows 王先生 as K-1001."""
    found = partner(club, "members.read", "members.write", "points.pay", source="till-east", store="east")
    assert found.rows("/v1/dms/members", a_member_row(member=WANG))[0]["result"] == "linked"
    return found


def points(till: Partner) -> int:
    return int(till.get("/v1/dms/members/K-1001").json()["points"])


def wish(number: str = "P-1", points: int = 500, **changes: object) -> dict[str, object]:
    return {"number": number, "member": "K-1001", "store": "east", "points": points, **changes}


def state(till: Partner, number: str = "P-1", act: str = "") -> str:
    answer = till.post(f"{PAYMENTS}/{number}/{act}", b"") if act else till.get(f"{PAYMENTS}/{number}")
    return str(answer.json().get("state") or code_of(answer))


def test_points_are_kept_then_taken_once_at_ten_for_a_yuan(club: Club, till: Partner) -> None:
    before = points(till)
    reserved = till.post(PAYMENTS, wish())
    assert reserved.status_code == 200, reserved.text
    until = (club.clock.now() + timedelta(minutes=15)).isoformat().replace("+00:00", "Z")
    assert reserved.json() == {
        "number": "P-1",
        "member": WANG,
        "state": "reserved",
        "points": 500,
        "amount_fen": 5000,
        "until": until,
    }
    assert till.post(PAYMENTS, wish()).content == reserved.content
    assert points(till) == before, "kept, not taken"
    assert [state(till, act="confirm"), state(till, act="confirm"), state(till)] == ["paid"] * 3
    assert points(till) == before - 500
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []


def test_what_is_kept_cannot_be_spent_elsewhere_and_is_free_when_its_time_is_over(club: Club, till: Partner) -> None:
    everything = points(till)
    assert till.post(PAYMENTS, wish(points=everything)).status_code == 200
    refused = till.post(PAYMENTS, wish("P-2", 10))
    assert (refused.status_code, code_of(refused), facts_of(refused)["balance"]) == (409, "not_enough_points", 0)
    kiosk = club.device()
    command = club.granted(kiosk, a_redeem(kiosk.session(club.card())))
    assert code_of(kiosk.redeem(command)) == "not_enough_points"
    club.clock.forward(15 * 60)
    assert state(till) == "lapsed"
    assert state(till, act="confirm") == "edit_conflict"
    assert till.post(PAYMENTS, wish("P-2", 10)).status_code == 200
    assert points(till) == everything


def test_a_payment_is_cancelled_before_and_given_back_after(club: Club, till: Partner) -> None:
    before = points(till)
    till.post(PAYMENTS, wish())
    assert [state(till, act="cancel"), state(till, act="cancel"), state(till, act="confirm")] == [
        "cancelled",
        "cancelled",
        "edit_conflict",
    ]
    till.post(PAYMENTS, wish("P-2"))
    state(till, "P-2", "confirm")
    assert points(till) == before - 500
    assert [state(till, "P-2", "cancel"), state(till, "P-2", "cancel"), state(till, "P-2")] == ["returned"] * 3
    assert points(till) == before
    assert state(till, "P-2", "confirm") == "returned", "a late repetition takes nothing again"
    assert points(till) == before
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []


def test_points_that_come_back_from_the_till_pay_what_is_owed_first(club: Club, till: Partner) -> None:
    """A refunded bill's points, spent at the till and cancelled there, must not stay with the member."""
    dms = partner(club, "bills.write", source="till-east", store="east")
    before = points(till)
    assert dms.rows("/v1/dms/bills", a_bill_row())[0]["result"] == "booked"
    everything = points(till)
    assert till.post(PAYMENTS, wish(points=everything // 10 * 10)).json()["state"] == "reserved"
    state(till, act="confirm")
    assert dms.rows("/v1/dms/refunds", a_refund_row())[0]["result"] == "booked"
    with club.context.db.read() as tx:
        owed = debts.owed(tx, WANG)
    assert owed == everything - before - everything % 10, "all but the odd points went at the till"
    assert state(till, act="cancel") == "returned"
    assert points(till) == before
    with club.context.db.read() as tx:
        assert debts.owed(tx, WANG) == 0
        assert ledger.faults(tx) == []


def test_confirming_and_cancelling_at_once_end_in_one_of_the_two(club: Club, till: Partner) -> None:
    before = points(till)
    for number in range(4):
        till.post(PAYMENTS, wish(f"P-{number}", 100))
    acts = [(f"P-{number}", act) for number in range(4) for act in ("confirm", "cancel", "confirm", "cancel")]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda act: till.post(f"{PAYMENTS}/{act[0]}/{act[1]}", b""), acts))
    found = [state(till, f"P-{number}") for number in range(4)]
    assert set(found) <= {"cancelled", "returned"}
    assert points(till) == before
    with club.context.db.read() as tx:
        assert ledger.faults(tx) == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"points": 0}, 400, "malformed"),
        ({"points": -5}, 400, "malformed"),
        ({"points": 10.0}, 400, "malformed"),
        ({"points": 2**63}, 400, "malformed"),
        ({"points": 10**9}, 409, "not_enough_points"),
        ({"number": "a/b"}, 400, "malformed"),
        ({"number": "P" * 32}, 400, "malformed"),
        ({"member": "K-9"}, 404, "not_found"),
        ({"store": "west"}, 403, "not_allowed"),
        ({"more": 1}, 400, "malformed"),
    ],
)
def test_a_payment_that_cannot_be_is_refused(till: Partner, change: dict[str, object], status: int, code: str) -> None:
    answer = till.post(PAYMENTS, wish(**change))  # type: ignore[arg-type]
    assert (answer.status_code, code_of(answer)) == (status, code)


def test_a_number_used_for_another_payment_is_a_conflict_and_strange_ones_are_none(club: Club, till: Partner) -> None:
    till.post(PAYMENTS, wish())
    assert code_of(till.post(PAYMENTS, wish(points=501))) == "idempotency_conflict"
    assert [state(till, number) for number in ("nobody", "a" * 64, "..%2f..")] == ["not_found"] * 3
    assert state(till, "%00") in ("not_found", "malformed"), "PostgreSQL keeps no such text"
    other = partner(club, "points.pay", source="till-west")
    assert state(other) == "not_found"
    same_source = partner(club, "points.pay", source="till-east", store="west")
    assert state(same_source, act="cancel") == "not_allowed"


def test_points_are_worth_whole_fen_or_nothing() -> None:
    assert service.amount_fen(10, TillRules(points_per_yuan=10)) == 100
    assert service.amount_fen(3, TillRules(points_per_yuan=300)) == 1
    with pytest.raises(errors.Malformed, match="whole fen at 300 points for a yuan, found 4"):
        service.amount_fen(4, TillRules(points_per_yuan=300))


def test_the_members_history_says_that_it_was_the_till(club: Club, till: Partner) -> None:
    till.post(PAYMENTS, wish())
    state(till, act="confirm")
    club.clock.forward(60)
    state(till, act="cancel")
    kiosk = club.device()
    session = kiosk.session(club.card())
    command = a_redeem(session)
    kiosk.step_up(command, club.demo.pins[WANG])
    history = kiosk.get(f"/v1/card-sessions/{session.session_id}/history").json()
    lines = [(row["title"]["zh"], row["points"]) for row in history["movements"][:2]]
    assert lines == [("收银抵扣撤销", 500), ("收银抵扣", -500)]


def test_a_reservation_sent_several_times_at_once_is_one_act(club: Club, till: Partner) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: till.post(PAYMENTS, wish()), range(8)))
    assert {answer.content for answer in answers} == {answers[0].content}
    with club.context.db.read() as tx:
        acts = [row.act for row in tx.rows(select(audit).where(audit.c.act.startswith("till.")))]
    assert acts == ["till.reserve"]


def test_a_reservation_told_again_is_answered_as_before_also_when_it_could_not_be_made_any_more(
    club: Club, till: Partner
) -> None:
    first = till.post(PAYMENTS, wish())
    with club.context.db.write() as tx:
        tx.execute(update(members).where(members.c.id == WANG).values(status="expired"))
    assert till.post(PAYMENTS, wish()).content == first.content
    assert code_of(till.post(PAYMENTS, wish("P-2"))) == "card_not_active"


def test_a_number_of_another_store_is_a_conflict(club: Club) -> None:
    till = partner(club, "members.write", "points.pay", source="till-group")
    till.rows("/v1/dms/members", a_member_row(member=WANG))
    assert till.post(PAYMENTS, wish()).status_code == 200
    assert code_of(till.post(PAYMENTS, wish(store="west"))) == "idempotency_conflict"


# -- cards with a limit ------------------------------------------------------------------------------------------------


def limited(club: Club, points: int | None, per: str = "day") -> str:
    """The member is a company, and their card has a limit; its printed number."""
    desk = card_desk.Desk(club.context.vault, club.context.keyring, "staff:1001", club.clock.now())
    with club.context.db.write() as tx:
        tx.execute(update(members).where(members.c.id == WANG).values(kind="company"))
        card_desk.limit(tx, desk, "card-m0001", points, "day" if per == "day" else "month")
        return str(tx.scalar(select(cards.c.number).where(cards.c.id == "card-m0001")))


def test_a_card_with_a_limit_pays_no_more_at_the_till_and_the_kiosk_together(club: Club, till: Partner) -> None:
    number = limited(club, 1600)
    kiosk = club.device()
    session = kiosk.session(club.card())
    assert till.post(PAYMENTS, wish(points=500, card=number)).status_code == 200
    refused = kiosk.redeem(club.granted(kiosk, a_redeem(session)))
    assert code_of(refused) == "card_limit_reached"
    assert facts_of(refused) == {"cap": 1600, "spent": 500, "per": "day"}
    state(till, act="cancel")
    club.redeemed(kiosk, a_redeem(session))
    refused = till.post(PAYMENTS, wish("P-2", 500, card=number.replace(" ", "")))
    assert (refused.status_code, code_of(refused)) == (409, "card_limit_reached")
    assert facts_of(refused) == {"cap": 1600, "spent": 1200, "per": "day"}
    assert till.post(PAYMENTS, wish("P-3", 400, card=number)).status_code == 200
    assert [state(till, "P-3", "confirm"), state(till, "P-3", "cancel")] == ["paid", "returned"]
    assert till.post(PAYMENTS, wish("P-4", 400, card=number)).status_code == 200, "what was given back counts no more"


def test_where_cards_have_limits_the_till_says_which_card_pays(club: Club, till: Partner) -> None:
    number = limited(club, 1600)
    refused = till.post(PAYMENTS, wish())
    assert (refused.status_code, code_of(refused), facts_of(refused)) == (403, "not_allowed", {"needs": "card"})
    assert code_of(till.post(PAYMENTS, wish(card="8800 9999 9999"))) == "card_unknown"
    first = till.post(PAYMENTS, wish(card=number))
    assert till.post(PAYMENTS, wish(card=number)).content == first.content
    assert code_of(till.post(PAYMENTS, wish())) == "idempotency_conflict"
    with club.context.db.write() as tx:
        tx.execute(update(cards).where(cards.c.id == "card-m0001").values(state="blocked"))
    assert code_of(till.post(PAYMENTS, wish("P-2", card=number))) == "card_blocked"


def test_without_a_limit_nothing_has_to_be_named(club: Club, till: Partner) -> None:
    limited(club, 0)
    limited(club, None)
    assert till.post(PAYMENTS, wish()).status_code == 200


def test_reporting_the_card_lost_is_no_way_round_its_limit(club: Club, till: Partner) -> None:
    limited(club, 400)
    with club.context.db.write() as tx:
        tx.execute(update(cards).where(cards.c.id == "card-m0001").values(state="blocked"))
    refused = till.post(PAYMENTS, wish())
    assert (code_of(refused), facts_of(refused)) == ("not_allowed", {"needs": "card"})


def test_sent_again_after_the_card_came_back_it_is_answered_as_before(club: Club, till: Partner) -> None:
    number = limited(club, 1600)
    first = till.post(PAYMENTS, wish(card=number))
    desk = card_desk.Desk(club.context.vault, club.context.keyring, "staff:1001", club.clock.now())
    with club.context.db.write() as tx:
        card_desk.bring_back(tx, desk, "card-m0001")
    assert till.post(PAYMENTS, wish(card=number)).content == first.content
    assert code_of(till.post(PAYMENTS, wish(card="8800 9999 9999"))) == "idempotency_conflict"
