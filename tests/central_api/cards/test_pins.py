"""PINs: each right one grants one command; wrong ones count and lock, however many kiosks try (N4, K17)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from central_api.cards.tables import pins
from central_api.staff.tables import audit
from club.wire.cards import Grant
from tests.support.central import WANG, Club, a_redeem, code_of, facts_of, read


def wrong(club: Club) -> str:
    return "111111" if club.demo.pins[WANG] != "111111" else "222222"


def test_a_right_pin_grants_the_command_and_the_same_grant_again(club: Club) -> None:
    device = club.device()
    command = a_redeem(device.session(club.card()))
    first = read(device.step_up(command, club.demo.pins[WANG]), Grant)
    again = read(device.step_up(command, club.demo.pins[WANG]), Grant)
    assert first == again
    assert first.command_id == command.command_id


def test_a_grant_of_one_command_is_none_for_another_body(club: Club) -> None:
    device = club.device()
    session = device.session(club.card())
    command = a_redeem(session)
    read(device.step_up(command, club.demo.pins[WANG]), Grant)
    other = a_redeem(session, "detail-wash", 600)
    changed = type(command)(
        command_id=command.command_id, session_id=session.session_id, reward="detail-wash", quantity=1, unit_points=600
    )
    assert code_of(device.step_up(changed, club.demo.pins[WANG])) == "grant_wrong"
    assert read(device.step_up(other, club.demo.pins[WANG]), Grant).command_id == other.command_id


def test_five_wrong_pins_lock_for_a_quarter_of_an_hour(club: Club) -> None:
    device = club.device()
    card = club.card()
    command = a_redeem(device.session(card))
    for left in (4, 3, 2, 1):
        answer = device.step_up(command, wrong(club))
        assert (answer.status_code, code_of(answer)) == (403, "pin_wrong")
        assert facts_of(answer) == {"tries_left": left, "lock_minutes": 15}
        club.clock.forward(1)
    answer = device.step_up(command, wrong(club))
    assert (answer.status_code, code_of(answer), facts_of(answer)["minutes"]) == (429, "pin_locked", 15)
    with club.context.db.read() as tx:
        assert tx.scalar(select(audit.c.subject).where(audit.c.act == "pin.lock")) == "card:card-m0001"
    club.clock.forward(1)
    assert code_of(device.step_up(command, club.demo.pins[WANG])) == "pin_locked", "the right PIN does not open a lock"
    other = club.device("kiosk-2")
    elsewhere = a_redeem(other.session(card))
    assert code_of(other.step_up(elsewhere, club.demo.pins[WANG])) == "pin_locked", "nor at another kiosk"
    club.clock.forward(15 * 60)
    later = a_redeem(device.session(card))
    assert code_of(device.step_up(later, wrong(club))) == "pin_wrong", "counting starts anew"
    assert read(device.step_up(later, club.demo.pins[WANG]), Grant).command_id == later.command_id


def test_a_right_pin_sets_the_count_back(club: Club) -> None:
    device = club.device()
    command = a_redeem(device.session(club.card()))
    for _ in range(4):
        device.step_up(command, wrong(club))
        club.clock.forward(1)
    read(device.step_up(command, club.demo.pins[WANG]), Grant)
    club.clock.forward(1)
    assert facts_of(device.step_up(command, wrong(club)))["tries_left"] == 4


def test_the_very_same_request_counts_once_however_often_it_arrives(club: Club) -> None:
    device = club.device()
    command = a_redeem(device.session(club.card()))
    answers = [device.step_up(command, wrong(club)) for _ in range(4)]  # the clock stands still: signed alike
    assert [facts_of(answer)["tries_left"] for answer in answers] == [4, 4, 4, 4]


def test_no_more_than_five_racing_guesses_are_ever_checked(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    device = club.device()
    command = a_redeem(device.session(club.card()))
    checked: list[str] = []

    def note(_self: object, _hash: str, pin: str) -> bool:
        checked.append(pin)
        return False

    monkeypatch.setattr(type(club.context.passwords), "matches", note)
    guesses = [f"9{number:05d}" for number in range(24)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda pin: device.step_up(command, pin), guesses))
    assert len(checked) == 5
    assert {code_of(answer) for answer in answers} <= {"pin_wrong", "pin_locked"}


def test_a_card_without_a_pin_says_so(club: Club) -> None:
    device = club.device()
    with club.context.db.write() as tx:
        tx.execute(pins.delete().where(pins.c.card == "card-m0001"))
    session = device.session(club.card())
    assert not session.member.pin_set
    answer = device.step_up(a_redeem(session), "314159")
    assert (answer.status_code, code_of(answer)) == (409, "pin_not_set")
