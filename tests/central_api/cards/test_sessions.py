"""Card sessions: genuine taps open, everything else is refused with its code (N3 to N5)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from central_api.cards import repository
from club.wire.cards import CardSession, Evidence
from tests.support.central import WANG_UID, Card, Club, a_redeem, code_of, facts_of, new_id, read


def test_a_tap_opens_the_home_page_with_the_drawn_figures(club: Club) -> None:
    found = club.device().session(club.card())
    home = found.member
    assert found.assurance == "cryptogram"
    assert (home.surname.zh, home.title.zh, home.tier) == ("王", "先生", "gold")
    assert (home.points, home.tier_points) == (6280, 18640)
    assert (home.card_number, home.valid_to) == ("8800 **** 2719", date(2027, 3, 31))
    assert (home.expiries[0].points, home.expiries[0].on) == (1200, date(2026, 6, 30))
    assert home.saved_this_year_fen == 238600
    assert [v.state for v in home.vouchers].count("issued") == 3
    assert [v.reward for v in home.vouchers][:2] == ["detail-wash", "tyre-rotation"]
    assert home.service_line is not None
    assert home.service_line.zh == "您的爱车正在保养，预计 15:40 可交车"
    assert home.pin_set
    assert next(limit.left for limit in home.limits if limit.reward == "basic-service-voucher") == 2


def test_opening_again_with_the_same_evidence_gives_the_same_session(club: Club) -> None:
    device, evidence, session_id = club.device(), club.card().tap(), new_id()
    first = read(device.open(evidence, session_id), CardSession)
    again = read(device.open(evidence, session_id), CardSession)
    assert again == first
    later = read(device.open(club.card().evidence(7)), CardSession)
    assert later.session_id != first.session_id
    # The counter has moved on meanwhile; the first session is still found by its own evidence.
    assert read(device.open(evidence, session_id), CardSession).opened_at == first.opened_at


def test_the_same_session_id_with_other_evidence_is_a_conflict(club: Club) -> None:
    device, card, session_id = club.device(), club.card(), new_id()
    read(device.open(card.tap(), session_id), CardSession)
    answer = device.open(card.tap(), session_id)
    assert (answer.status_code, code_of(answer)) == (409, "idempotency_conflict")


def test_another_device_does_not_get_a_session_by_its_id(club: Club) -> None:
    evidence, session_id = club.card().tap(), new_id()
    first, other = club.device("kiosk-1"), club.device("kiosk-2")
    read(first.open(evidence, session_id), CardSession)
    assert code_of(other.open(evidence, session_id)) == "idempotency_conflict"
    assert code_of(other.get(f"/v1/card-sessions/{session_id}")) == "session_ended"


def test_a_replayed_message_is_refused(club: Club) -> None:
    device, card = club.device(), club.card()
    evidence = card.tap()
    read(device.open(evidence), CardSession)
    answer = device.open(evidence)
    assert (answer.status_code, code_of(answer), facts_of(answer)) == (
        409,
        "cryptogram_replayed",
        {"last": 1, "got": 1},
    )


def test_a_counter_below_the_last_is_refused_and_changes_nothing(club: Club) -> None:
    device, card = club.device(), club.card()
    read(device.open(card.evidence(9)), CardSession)
    assert code_of(device.open(card.evidence(8))) == "cryptogram_replayed"
    read(device.open(card.evidence(10)), CardSession)


def test_a_wrong_mac_is_refused(club: Club) -> None:
    card = club.card()
    forged = Card(card.uid, card.meta_key, bytes(16))
    answer = club.device().open(forged.tap())
    assert (answer.status_code, code_of(answer)) == (403, "cryptogram_wrong")


def test_a_message_under_another_meta_key_is_refused(club: Club) -> None:
    card = club.card()
    assert code_of(club.device().open(Card(card.uid, bytes(16), card.file_key).tap())) == "cryptogram_wrong"


def test_a_text_that_is_no_message_is_refused(club: Club) -> None:
    evidence = Evidence(uid=WANG_UID, family="ntag424", sun_url="https://card.example.invalid/t?e=zz")
    assert code_of(club.device().open(evidence)) == "cryptogram_wrong"


def test_a_message_of_another_card_than_the_reader_saw_is_refused(club: Club) -> None:
    evidence = club.card().tap()
    swapped = Evidence(uid="040ED46D921861", family="ntag424", sun_url=evidence.sun_url)
    assert code_of(club.device().open(swapped)) == "cryptogram_wrong"


def test_a_card_with_a_cryptogram_never_goes_back_to_its_uid(club: Club) -> None:
    answer = club.device().open(Evidence(uid=WANG_UID, family="ntag424"))
    assert (answer.status_code, code_of(answer)) == (403, "card_downgraded")


def test_a_card_known_by_its_uid_opens_the_home_page_without_voucher_codes(club: Club) -> None:
    found = read(club.device().open(Evidence(uid="0444283CC4FBAA", family="desfire-ev3")), CardSession)
    assert (found.assurance, found.member.points, found.member.vouchers) == ("uid", 12450, ())


def test_after_the_pin_it_shows_them_for_the_rest_of_that_session(club: Club) -> None:
    device = club.device()
    evidence = Evidence(uid="0444283CC4FBAA", family="desfire-ev3")
    session = read(device.open(evidence), CardSession)
    unlock = a_redeem(session)  # any command's PIN tells who stands there
    assert device.step_up(unlock, "000000").status_code != 200
    assert read(device.get(f"/v1/card-sessions/{session.session_id}"), CardSession).member.vouchers == ()
    assert device.step_up(unlock, club.demo.pins["m0002"]).status_code == 200
    fresh = read(device.get(f"/v1/card-sessions/{session.session_id}"), CardSession)
    assert {voucher.state for voucher in fresh.member.vouchers} >= {"issued", "fulfilled"}
    assert read(device.open(evidence), CardSession).member.vouchers == ()


def test_nobodys_card_is_unknown(club: Club) -> None:
    answer = club.device().open(Evidence(uid="04D3A1077B1F80", family="ntag21x"))
    assert (answer.status_code, code_of(answer)) == (404, "card_unknown")


def test_a_number_made_up_for_this_tap_is_never_an_identity(club: Club) -> None:
    assert code_of(club.device().open(Evidence(uid="08A1B2C3", family="mifare-classic"))) == "card_unknown"


def test_a_genuine_message_counts_where_the_card_hides_its_number(club: Club) -> None:
    evidence = club.card().tap()
    hidden = Evidence(uid="08A1B2C3", family="ntag424", sun_url=evidence.sun_url)
    assert read(club.device().open(hidden), CardSession).member.member_id == "m0001"


def test_a_lost_card_is_blocked(club: Club) -> None:
    answer = club.device().open(Evidence(uid="0452D7C5ADCF84", family="ntag21x"))
    assert (answer.status_code, code_of(answer)) == (403, "card_blocked")
    assert facts_of(answer) == {"since": "2026-05-16", "reason": "lost"}


def test_a_card_blocked_meanwhile_ends_its_open_session(club: Club) -> None:
    device = club.device()
    session = device.session(club.card())
    with club.context.db.write() as tx:
        repository.set_state(tx, "card-m0001", {"state": "blocked", "blocked_since": date(2026, 5, 16)})
    assert code_of(device.get(f"/v1/card-sessions/{session.session_id}")) == "card_blocked"


@pytest.mark.parametrize(("state", "code"), [("replaced", "card_blocked"), ("stock", "card_not_active")])
def test_a_card_that_is_not_in_use_is_refused(club: Club, state: str, code: str) -> None:
    with club.context.db.write() as tx:
        repository.set_state(tx, "card-m0001", {"state": state})
    assert code_of(club.device().open(club.card().tap())) == code


def test_a_membership_long_over_is_not_active_but_one_just_over_still_opens(club: Club) -> None:
    device, card = club.device(), club.card("045DDFD4CDC112")  # m0016: over since 20 days, 30 are the grace
    assert read(device.open(card.tap()), CardSession).member.valid_to == date(2026, 4, 26)
    club.clock.forward(11 * 86400)
    answer = device.open(card.tap())
    assert (code_of(answer), facts_of(answer)) == ("card_not_active", {"reason": "membership"})


def test_a_session_ends_when_it_is_ended_and_when_nobody_uses_it(club: Club) -> None:
    device, card = club.device(), club.card()
    first, second = device.session(card), device.session(card)
    target = f"/v1/card-sessions/{first.session_id}"
    assert device.get(target).status_code == 200
    assert device.send("DELETE", target).status_code == 204
    assert device.send("DELETE", target).status_code == 204
    answer = device.get(target)
    assert (answer.status_code, code_of(answer)) == (410, "session_ended")
    club.clock.forward(9 * 60)
    assert device.get(f"/v1/card-sessions/{second.session_id}").status_code == 200
    club.clock.forward(9 * 60)  # used meanwhile: its ten minutes began anew
    assert device.get(f"/v1/card-sessions/{second.session_id}").status_code == 200
    club.clock.forward(11 * 60)
    assert code_of(device.get(f"/v1/card-sessions/{second.session_id}")) == "session_ended"


def test_two_racing_taps_with_the_same_message_open_one_session(club: Club) -> None:
    device, evidence = club.device(), club.card().tap()
    same = new_id()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: device.open(evidence, same), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    with ThreadPoolExecutor(8) as pool:
        fresh = club.card().evidence(5)
        answers = list(pool.map(lambda _: device.open(fresh), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *([409] * 7)]
