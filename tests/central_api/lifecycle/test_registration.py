"""Joining: consent first, a code within seven days, nothing left of whoever does not come back (K10, A6)."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from central_api.ledger import service as ledger
from central_api.lifecycle import registration
from central_api.lifecycle.registration import Applicant, Registered
from central_api.members import consents, personal, search
from central_api.members.personal import Details
from central_api.members.tables import member_details, member_lookups, members, vehicles
from central_api.staff.tables import audit
from club.model import errors
from club.model.text import Text
from tests.support.books import NOW
from tests.support.hall import PROGRAMME, TERMS, Hall, applicant

KIOSK = "device:kiosk-1"


@pytest.fixture
def open_hall(hall: Hall) -> Hall:
    """A hall whose texts are published."""
    with hall.db.write() as tx:
        for document in ("terms", "privacy", "sms"):
            consents.add_text(tx, document, "2026-01", Text(document), Text("words"), NOW - timedelta(days=9))
    return hall


def register(
    hall: Hall, who: Applicant | None = None, name: str = "", by: str = KIOSK, *, to_staff: bool = False
) -> Registered:
    """Register somebody."""

    def work(tx: object) -> Registered:
        return registration.register(
            tx,  # type: ignore[arg-type]
            replace(hall.joining, to_staff=to_staff),
            PROGRAMME,
            name or hall.books.new_id(),
            who or applicant(),
            store="east",
            by=by,
            now=hall.books.at,
        )

    return hall.db.run(work)


def activate(hall: Hall, made: Registered, code: str) -> str:
    """Activate by a code; raises the refusal."""
    with hall.db.write() as tx:
        found = registration.activate(
            tx, hall.joining, PROGRAMME, made.registration, code, offers=None, by=KIOSK, now=hall.books.at
        )
    if isinstance(found, errors.ClubError):
        raise found
    return found


def status(hall: Hall, member: str) -> str:
    """A member's status."""
    with hall.db.read() as tx:
        return str(tx.scalar(select(members.c.status).where(members.c.id == member)))


def test_a_registration_waits_and_its_code_makes_a_member(open_hall: Hall) -> None:
    made = register(open_hall)
    assert status(open_hall, made.member) == "pending"
    assert open_hall.told == [made.code]
    assert made.expires_at == NOW + timedelta(days=7)
    open_hall.books.today += timedelta(days=3)
    assert activate(open_hall, made, made.code) == made.member
    with open_hall.db.read() as tx:
        row = tx.first(select(members).where(members.c.id == made.member))
        known = personal.read(tx, open_hall.vault, made.member)
        assert consents.standing(tx, made.member) == TERMS
        assert ledger.balances(tx, made.member, open_hall.books.today).points == 0
        plates = [car.plate for car in personal.vehicles(tx, open_hall.vault, made.member)]
    assert (row.status, row.source, row.adviser, row.tier) == ("active", "vehicle", "li", "classic")
    assert (row.joined, row.valid_to) == (open_hall.books.today, open_hall.books.today + timedelta(days=365))
    assert (known.given, known.phone, plates) == ("若溪", "13800004411", ["沪AD1O2I8"])
    assert activate(open_hall, made, made.code) == made.member, "again changes nothing"
    assert open_hall.books.proof()[0] == []


def test_nothing_personal_stands_open_in_the_rows(open_hall: Hall) -> None:
    made = register(open_hall, applicant(id_number="110105 19491231 002X", birthday="12-31"))
    # Of each so much that no digest or sealed value holds it by chance.
    with open_hall.db.read() as tx:
        for table in (member_details, vehicles, member_lookups):
            held = repr(tx.rows(select(table).where(table.c.member == made.member)))
            assert not any(part in held for part in ("0004411", "'4411'", "若溪", "D1O2I8", "1231002X", "12-31"))
        told = repr(tx.rows(select(audit)))
        rows = repr(tx.rows(text("SELECT * FROM registrations")))
    for part in ("0004411", "'4411'", "若溪", "顾", made.code):
        assert part not in told + rows


def test_without_the_terms_nobody_joins(open_hall: Hall) -> None:
    with pytest.raises(errors.ConsentMissing) as refused:
        register(open_hall, applicant(agreed={"terms": "2026-01"}))
    assert refused.value.facts == {"document": "privacy"}
    with pytest.raises(errors.EditConflict) as older:
        register(open_hall, applicant(agreed={"terms": "2025-07", "privacy": "2026-01"}))
    assert older.value.facts == {"expected": "2026-01", "found": "2025-07"}
    with pytest.raises(errors.NotFound):
        register(open_hall, applicant(agreed={**TERMS, "photos": "2026-01"}))
    with open_hall.db.read() as tx:
        assert tx.rows(select(members)) == []


def test_the_log_of_consents_only_grows_and_the_last_word_counts(open_hall: Hall) -> None:
    made = register(open_hall, applicant(agreed={**TERMS, "sms": "2026-01"}))
    with open_hall.db.write() as tx:
        consents.record(tx, made.member, "sms", "2026-01", given=False, now=NOW, by="staff:1001")
        assert consents.standing(tx, made.member) == TERMS
    changes = ["UPDATE consents SET given = 1", "DELETE FROM consents"]
    if open_hall.db.is_sqlite:
        changes.append("REPLACE INTO consents SELECT * FROM consents")
    else:
        changes.append("TRUNCATE consents")
    for change in changes:
        with pytest.raises(DBAPIError, match="consents only grows"), open_hall.db.write() as tx:
            tx.execute(text(change))


def test_a_published_text_keeps_its_words(open_hall: Hall) -> None:
    with open_hall.db.write() as tx:
        consents.add_text(tx, "terms", "2026-01", Text("terms"), Text("words"), NOW)
    with pytest.raises(errors.EditConflict), open_hall.db.write() as tx:
        consents.add_text(tx, "terms", "2026-01", Text("terms"), Text("other words"), NOW)


@pytest.mark.parametrize("change", [{"phone": "12"}, {"plate": "ABC"}, {"birthday": "13-01"}, {"given": "a\0b"}])
def test_what_cannot_be_is_refused_and_not_repeated(open_hall: Hall, change: dict[str, str]) -> None:
    with pytest.raises(errors.Malformed) as refused:
        register(open_hall, applicant(**change))
    assert next(iter(change.values())) not in str(refused.value)
    with open_hall.db.read() as tx:
        assert tx.rows(select(members)) == []


def test_the_same_registration_twice_is_one_and_another_under_its_id_a_conflict(open_hall: Hall) -> None:
    made = register(open_hall, name="registration-1")
    again = register(open_hall, name="registration-1")
    assert (again.member, again.expires_at, again.code) == (made.member, made.expires_at, "")
    assert len(open_hall.told) == 1
    for other, by in ((applicant(given="若水"), KIOSK), (applicant(), "device:kiosk-2")):
        with pytest.raises(errors.IdempotencyConflict):
            register(open_hall, other, name="registration-1", by=by)


def test_a_phone_is_one_members(open_hall: Hall) -> None:
    made = register(open_hall)
    activate(open_hall, made, made.code)
    for phone in ("13800004411", "+86 138-0000-4411", "１３８００００４４１１"):
        with pytest.raises(errors.AlreadyMember):
            register(open_hall, applicant(phone), by="staff:1001", to_staff=True)
    other = open_hall.member(Details("某", "13900000001"))
    with pytest.raises(errors.AlreadyMember), open_hall.db.write() as tx:
        registration.change_phone(tx, open_hall.vault, other, "13800004411", by="staff:1001", now=NOW)


def test_at_a_kiosk_a_members_number_waits_for_its_code_and_only_the_right_one_is_told(open_hall: Hall) -> None:
    holder = open_hall.member(Details("砚舟", "13800004411"))
    made = register(open_hall)
    assert (status(open_hall, made.member), open_hall.told) == ("pending", [made.code])
    with pytest.raises(errors.ActivationCodeWrong) as wrong:
        activate(open_hall, made, f"{(int(made.code) + 1) % 10**6:06d}")
    assert wrong.value.facts == {"tries_left": 4}
    for _ in range(2):
        with pytest.raises(errors.AlreadyMember):
            activate(open_hall, made, made.code)
    with pytest.raises(errors.AlreadyMember), open_hall.db.write() as tx:
        registration.activate_by_staff(
            tx, open_hall.joining, PROGRAMME, made.member, offers=None, by="staff:1001", now=NOW
        )
    with open_hall.db.write() as tx:
        assert registration.lapse_overdue(tx, made.expires_at) == 1
    with open_hall.db.read() as tx:
        assert [hit.id for hit in search.find(tx, open_hall.vault, "13800004411")] == [holder]
        assert personal.read(tx, open_hall.vault, holder).phone == "13800004411"


def test_codes_to_one_phone_come_to_one_limit_whoever_has_it(open_hall: Hall) -> None:
    open_hall.member(Details("砚舟", "13800004411"))
    for phone in ("13800004411", "13900000001"):
        for _ in range(registration.CODES):
            register(open_hall, applicant(phone))
        with pytest.raises(errors.TooManyGuesses):
            register(open_hall, applicant(phone))


def test_a_number_somebody_typed_at_a_kiosk_does_not_keep_it_from_a_member(open_hall: Hall) -> None:
    made = register(open_hall)
    member = open_hall.member(Details("砚舟", "13800006621"))
    with open_hall.db.write() as tx:
        registration.change_phone(tx, open_hall.vault, member, "13800004411", by=f"member:{member}", now=NOW)
    with pytest.raises(errors.AlreadyMember):
        activate(open_hall, made, made.code)


def test_who_still_waits_may_begin_anew(open_hall: Hall) -> None:
    first = register(open_hall)
    second = register(open_hall)
    assert (status(open_hall, first.member), status(open_hall, second.member)) == ("closed", "pending")
    with pytest.raises(errors.ActivationCodeWrong):
        activate(open_hall, first, first.code)
    assert activate(open_hall, second, second.code) == second.member


def test_a_phone_can_be_changed_and_is_found_by_the_new_one_only(open_hall: Hall) -> None:
    member = open_hall.member(Details("砚舟", "13800006621", "", "06-18"))
    with open_hall.db.write() as tx:
        registration.change_phone(tx, open_hall.vault, member, "139 0000 2284", by=f"member:{member}", now=NOW)
    with open_hall.db.read() as tx:
        assert [hit.id for hit in search.find(tx, open_hall.vault, "13900002284")] == [member]
        assert search.find(tx, open_hall.vault, "13800006621") == ()
        assert search.find(tx, open_hall.vault, "6621") == ()
        assert personal.read(tx, open_hall.vault, member) == Details("砚舟", "13900002284", "", "06-18")


def test_a_few_wrong_codes_end_it_and_staff_make_a_new_one(open_hall: Hall) -> None:
    made = register(open_hall)
    wrong = f"{(int(made.code) + 1) % 10**6:06d}"
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(errors.ActivationCodeWrong) as refused:
            activate(open_hall, made, wrong)
        assert refused.value.facts == {"tries_left": left}
    with pytest.raises(errors.ActivationCodeWrong):
        activate(open_hall, made, made.code)
    with open_hall.db.write() as tx:
        fresh = registration.new_code(tx, open_hall.joining, made.member, by="staff:1001", now=NOW)
    assert activate(open_hall, made, fresh) == made.member


def test_staff_activate_whom_they_know(open_hall: Hall) -> None:
    made = register(open_hall)
    with open_hall.db.write() as tx:
        registration.activate_by_staff(
            tx, open_hall.joining, PROGRAMME, made.member, offers=None, by="staff:1001", now=NOW
        )
    assert status(open_hall, made.member) == "active"
    with pytest.raises(errors.NotFound), open_hall.db.write() as tx:
        registration.activate_by_staff(
            tx, open_hall.joining, PROGRAMME, made.member, offers=None, by="staff:1001", now=NOW
        )


def test_after_seven_days_it_lapses_and_leaves_nothing_personal(open_hall: Hall) -> None:
    made = register(open_hall)
    open_hall.books.today += timedelta(days=7)
    with pytest.raises(errors.ActivationCodeWrong):
        activate(open_hall, made, made.code)
    with open_hall.db.write() as tx:
        assert registration.lapse_overdue(tx, open_hall.books.at - timedelta(seconds=1)) == 0
        assert registration.lapse_overdue(tx, open_hall.books.at) == 1
        assert registration.lapse_overdue(tx, open_hall.books.at) == 0
    with open_hall.db.read() as tx:
        row = tx.first(select(members).where(members.c.id == made.member))
        assert personal.read(tx, open_hall.vault, made.member) == Details()
        assert tx.rows(select(member_lookups)) == []
        assert tx.rows(select(vehicles)) == []
    assert (row.status, row.closed_for, row.surname["zh"]) == ("closed", "lapsed", "")
    again = register(open_hall)
    assert activate(open_hall, again, again.code) == again.member, "the phone is free again"


def test_two_registrations_of_one_phone_at_once_leave_one_waiting(open_hall: Hall) -> None:
    made: list[Registered] = []
    many = registration.CODES
    start = threading.Barrier(many)

    def join() -> None:
        start.wait(30)
        made.append(register(open_hall))

    threads = [threading.Thread(target=join) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(status(open_hall, one.member) for one in made) == ["closed"] * (many - 1) + ["pending"]
