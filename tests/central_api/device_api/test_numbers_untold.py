"""Whoever tries numbers at a kiosk learns of none whose it is, nor can try many: joining, and changing one's own phone (K10, K11, ADR 17)."""

import threading
from datetime import timedelta

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import select

from central_api.inbox.tables import staff_tasks
from central_api.lifecycle import own_phone
from central_api.lifecycle.tables import registrations
from central_api.members import personal
from central_api.staff.tables import audit
from club.wire.cards import Grant, StepUp
from club.wire.members import ChangePhone, PhoneChanged, Registered, phone_digest
from tests.central_api.device_api.test_joining import ask
from tests.support.central import WANG, Club, Device, code_of, facts_of, new_id, read

FREE = "13300009911"  # nobody's
LI = "m0002"


def phone_of(club: Club, member: str) -> str:
    with club.context.db.read() as tx:
        return personal.read(tx, club.context.vault, member).phone


def granted(club: Club, kiosk: Device, phone: str) -> ChangePhone:
    """A change that the member gave their PIN for."""
    session = kiosk.session(club.card())
    wish = ChangePhone(command_id=new_id(), session_id=session.session_id, phone=phone, salt="s" * 24)
    step = StepUp(
        command_id=wish.command_id,
        session_id=wish.session_id,
        body_sha256=phone_digest(wish),
        pin=club.demo.pins[WANG],
    )
    return replace(wish, grant=read(kiosk.post("/v1/step-ups", step), Grant).grant)


def change(club: Club, kiosk: Device, phone: str) -> httpx.Response:
    return kiosk.post("/v1/members/self/phone", granted(club, kiosk, phone))


def acts(club: Club) -> list[str]:
    with club.context.db.read() as tx:
        rows = tx.rows(select(audit.c.act).where(audit.c.subject == f"member:{WANG}").order_by(audit.c.id))
        return [row.act for row in rows if row.act.startswith("member.phone")]


@pytest.fixture
def card_moves(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    """One card in the test's hand, whose counter goes on."""
    card = club.card()
    monkeypatch.setattr(club, "card", lambda: card)


pytestmark = pytest.mark.usefixtures("card_moves")


def test_a_number_of_another_members_is_answered_as_a_free_one_and_staff_are_told(club: Club) -> None:
    kiosk, before, theirs = club.device(), phone_of(club, WANG), phone_of(club, LI)
    taken = read(change(club, kiosk, theirs), PhoneChanged)
    assert taken == PhoneChanged(phone=f"{theirs[:3]}****{theirs[-4:]}")
    assert (phone_of(club, WANG), phone_of(club, LI)) == (before, theirs), "nothing changed"
    with club.context.db.read() as tx:
        (task,) = tx.rows(select(staff_tasks).where(staff_tasks.c.kind == own_phone.TAKEN))
    assert (task.member, task.store, task.facts) == (WANG, "east", {})
    assert read(change(club, kiosk, FREE), PhoneChanged) == PhoneChanged(phone="133****9911")
    assert phone_of(club, WANG) == FREE
    assert acts(club) == ["member.phone-taken", "member.phone"]


@pytest.mark.parametrize("taken", [False, True])
def test_tries_are_few_a_day_and_count_alike(club: Club, taken: bool) -> None:
    kiosk, theirs = club.device(), phone_of(club, LI)
    for place in range(own_phone.CHANGES):
        assert change(club, kiosk, theirs if taken else f"1330000991{place}").status_code == 200
        club.clock.forward(60)
    refused = granted(club, kiosk, f"{theirs[:-1]}0")
    answer = kiosk.post("/v1/members/self/phone", refused)
    assert (answer.status_code, code_of(answer)) == (429, "too_many_guesses")
    left = own_phone.WITHIN - timedelta(minutes=own_phone.CHANGES)
    assert facts_of(answer) == {"seconds": left.total_seconds()}
    club.clock.forward(int(left.total_seconds()))
    assert change(club, kiosk, FREE).status_code == 200
    assert phone_of(club, WANG) == FREE


def test_sent_again_it_is_no_second_try_and_puts_nothing_back(club: Club) -> None:
    kiosk = club.device()
    first = granted(club, kiosk, FREE)
    answers = [kiosk.post("/v1/members/self/phone", first) for _ in range(5)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert change(club, kiosk, "13300009912").status_code == 200
    assert kiosk.post("/v1/members/self/phone", first).content == answers[0].content
    assert phone_of(club, WANG) == "13300009912"
    assert acts(club) == ["member.phone"] * 2


def test_what_is_no_phone_is_refused_and_is_no_try(club: Club) -> None:
    kiosk = club.device()
    assert code_of(change(club, kiosk, "1234567")) == "malformed"
    assert acts(club) == []


# -- joining ----------------------------------------------------------------------------------------------------------


def few_an_hour(club: Club, most: int) -> None:
    object.__setattr__(club.context.settings.sessions, "registrations", most)


def join(kiosk: Device, phone: str) -> httpx.Response:
    return kiosk.post("/v1/members/registrations", ask(kiosk, phone=phone))


def test_a_kiosk_takes_few_registrations_in_an_hour_whosever_the_numbers(club: Club) -> None:
    few_an_hour(club, 3)
    kiosk, theirs = club.device(), phone_of(club, LI)
    for phone in (FREE, theirs, FREE):  # the first of them lapses for the last
        assert join(kiosk, phone).status_code == 200
        club.clock.forward(600)
    for phone in ("13300009912", theirs):
        answer = join(kiosk, phone)
        assert (answer.status_code, code_of(answer)) == (429, "too_many_guesses")
        assert facts_of(answer) == {"seconds": 1800, "reason": "registrations"}
    assert join(club.device("kiosk-2"), "13300009912").status_code == 200, "another kiosk"
    club.clock.forward(1800)
    assert join(kiosk, "13300009913").status_code == 200
    assert code_of(join(kiosk, "13300009914")) == "too_many_guesses", "one place was free, not all"


def test_a_registration_that_was_taken_is_found_again_and_what_is_wrong_takes_no_place(club: Club) -> None:
    few_an_hour(club, 1)
    kiosk = club.device()
    wish = ask(kiosk)
    assert code_of(kiosk.post("/v1/members/registrations", replace(wish, agreed=()))) == "consent_missing"
    made = read(kiosk.post("/v1/members/registrations", wish), Registered)
    assert read(kiosk.post("/v1/members/registrations", wish), Registered) == made
    assert code_of(join(kiosk, FREE)) == "too_many_guesses"
    assert read(kiosk.post("/v1/members/registrations", wish), Registered) == made


def test_registrations_sent_all_at_once_are_counted_one_by_one(club: Club) -> None:
    few_an_hour(club, 3)
    kiosk = club.device()
    wishes = [ask(kiosk, phone=f"133000099{place:02d}") for place in range(8)]
    found: list[int] = []
    start = threading.Barrier(len(wishes))

    def one(wish: object) -> None:
        start.wait(60)
        found.append(kiosk.post("/v1/members/registrations", wish).status_code)

    threads = [threading.Thread(target=one, args=(wish,)) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == [200] * 3 + [429] * 5
    with club.context.db.read() as tx:
        ids = {wish.registration_id for wish in wishes}
        assert len(tx.rows(select(registrations.c.id).where(registrations.c.id.in_(ids)))) == 3
