"""A key opens what it is good for and no more: no other scope, no other store, no other program's door (A15)."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from central_api.integrations import router
from central_api.integrations.keys import scopes
from central_api.lifecycle import registration
from central_api.lifecycle.registration import Applicant, Desk
from central_api.members import consents
from central_api.members.tables import members
from central_api.programme import service as programmes
from central_api.visits.tables import service_jobs
from club.model import errors
from club.model.text import Text
from tests.support.central import WANG, Club, code_of, new_id
from tests.support.hall import applicant
from tests.support.partner import Partner, a_bill_row, a_job_row, a_member_row, a_refund_row, partner

MEMBERS, BILLS, REFUNDS, JOBS = (f"/v1/dms/{name}" for name in ("members", "bills", "refunds", "jobs"))


def routes() -> Iterator[tuple[str, str, str]]:
    """Verb, path and needed scope of every route of other programs."""
    for found in router.handlers:
        for route in found.routes:
            for handler in route.route_handlers:
                needs = getattr(handler.fn, "needs_a_key_with", "")
                for verb in handler.http_methods - {"OPTIONS"}:
                    yield verb, re.sub(r"\{[a-z]+:str\}", "x", route.path), needs


@pytest.mark.parametrize(("verb", "path", "needs"), list(routes()))
def test_every_route_asks_for_its_own_scope(club: Club, verb: str, path: str, needs: str) -> None:
    others = [scope for scope in scopes.ALL if scope != needs]
    without = partner(club, *others, source="all-but-one")
    for headers, code in (
        (without.headers, "not_allowed"),
        ({}, "key_wrong"),
        ({"Authorization": f"Basic {without.key}"}, "key_wrong"),
        ({"Cookie": f"club={without.key}"}, "key_wrong"),
    ):
        answer = club.http.request(verb, path, headers=headers, json={"rows": [{}], "number": "1", "store": "east"})
        assert code_of(answer) in (code, "malformed"), (verb, path, answer.text)
        assert answer.status_code in (400, 401, 403)
    empty = club.http.request(verb, path, headers=without.headers)
    assert code_of(empty) in ("not_allowed", "malformed")


def test_a_key_is_no_device_and_no_member_of_staff(club: Club) -> None:
    found = partner(club, *scopes.ALL)
    for path in ("/v1/snapshot", "/v1/devices/self", "/v1/card-sessions/aaaaaaaaaaaa", "/v1/consent-texts"):
        assert club.http.get(path, headers=found.headers).status_code in (400, 401), path
    answer = club.http.get("/console/devices", headers=found.headers, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"][:16]) == (303, "/console/sign-in")


@pytest.fixture
def east(club: Club) -> Partner:
    """The DMS as the eastern store calls."""
    found = partner(club, "members.read", "members.write", "bills.write", "jobs.write", source="dms", store="east")
    found.rows(MEMBERS, a_member_row())
    return found


def test_a_refund_planted_by_another_store_takes_nothing_of_a_bill_that_comes_later(club: Club, east: Partner) -> None:
    """Bills' numbers run on, so the next ones can be guessed; both stores' programs speak of the same numbers."""
    west = partner(club, "bills.write", source="dms", store="west")
    assert west.rows(REFUNDS, a_refund_row())[0]["result"] == "waiting"
    booked = east.rows(BILLS, a_bill_row())[0]
    assert (booked["result"], booked["points"] > 0) == ("booked", True)
    assert east.get(f"{MEMBERS}/K-1001").json()["points"] == booked["points"]
    assert west.rows(REFUNDS, a_refund_row())[0]["code"] == "not_allowed", "by now the bill is known"
    assert east.rows(REFUNDS, a_refund_row("R-2"))[0]["result"] == "booked", "the store's own refund is"
    assert east.get(f"{MEMBERS}/K-1001").json()["points"] == 0


def test_a_refund_of_the_bills_own_store_or_of_the_group_that_came_before_it_counts(club: Club, east: Partner) -> None:
    group = partner(club, "bills.write", source="dms")
    east.rows(REFUNDS, a_refund_row())
    group.rows(REFUNDS, a_refund_row("R-2", "B-2"))
    east.rows(BILLS, a_bill_row(), a_bill_row("B-2"))
    assert east.get(f"{MEMBERS}/K-1001").json()["points"] == 0
    assert group.rows(REFUNDS, a_refund_row())[0]["result"] == "same", "who tells it is no part of what is told"


def test_a_job_is_moved_by_no_other_store(club: Club, east: Partner) -> None:
    assert east.rows(JOBS, a_job_row())[0]["result"] == "changed"
    west = partner(club, "jobs.write", source="dms", store="west")
    taken = a_job_row(store="west", changed_at="2026-05-16T14:00:00+08:00", handed_over_at="2026-05-16T14:00:00+08:00")
    assert west.rows(JOBS, taken)[0]["code"] == "not_allowed"
    with club.context.db.read() as tx:
        row = tx.first(select(service_jobs).where(service_jobs.c.order == "J-1"))
    assert (row.store, row.handed_over_at) == ("east", None)


def test_whoever_waits_for_activation_earns_nothing_that_would_lapse_with_them(club: Club, east: Partner) -> None:
    with club.context.db.write() as tx:
        tx.execute(update(members).where(members.c.id == WANG).values(status="pending"))
    assert east.rows(MEMBERS, a_member_row("K-9", member=WANG))[0]["code"] == "card_not_active"
    assert east.rows(BILLS, a_bill_row(member="K-9"))[0]["code"] == "not_found"


# -- joining ---------------------------------------------------------------------------------------------------------------


def register(club: Club, told: list[str] | None, phone: str) -> registration.Registered:
    """Somebody types this phone at a kiosk."""
    context, now = club.context, club.clock.now()

    def tell(tx: object, member: str, phone: str, code: str) -> None:
        assert told is not None
        told.append(code)

    desk = Desk(
        context.vault, context.keyring, context.new_id, context.random_below, tell if told is not None else None
    )
    with context.db.read() as tx:
        agreed = {name: row.version for name, row in consents.current(tx, now).items() if name in consents.REQUIRED}
    who: Applicant = applicant(phone, agreed=agreed, surname=Text("顾", "Gu"))
    return context.db.run(
        lambda tx: registration.register(
            tx, desk, programmes.current(tx, now), new_id(), who, store="east", by="device:kiosk-1", now=now
        )
    )


def test_nobodys_telephone_is_rung_again_and_again_from_a_kiosk(club: Club) -> None:
    told: list[str] = []
    made = [register(club, told, "133 0000 8822") for _ in range(registration.CODES)]
    with pytest.raises(errors.TooManyGuesses) as refused:
        register(club, told, "13300008822")
    assert refused.value.number("seconds") == 86_400
    assert len(told) == registration.CODES
    register(club, told, "133 0000 8823")
    with club.context.db.write() as tx:  # the last code is still good
        rules = programmes.current(tx, club.clock.now())
        desk = Desk(club.context.vault, club.context.keyring, new_id, club.context.random_below)
        found = registration.activate(
            tx, desk, rules, made[-1].registration, told[-2], offers=None, by="x", now=club.clock.now()
        )
    assert found == made[-1].member


def test_after_a_day_codes_are_told_again_and_by_staff_at_any_time(club: Club) -> None:
    told: list[str] = []
    for _ in range(registration.CODES):
        register(club, told, "133 0000 8822")
    club.clock.forward(86_400)
    register(club, told, "133 0000 8822")
    assert len(told) == registration.CODES + 1
    for _ in range(2 * registration.CODES):
        register(club, None, "133 0000 8824")  # nothing is sent: staff hand the code out
