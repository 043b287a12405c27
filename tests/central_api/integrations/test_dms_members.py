"""The DMS's customers become members under its own numbers: again, late, broken or at once with others, without harm (A15)."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from central_api.integrations.tables import member_links
from central_api.ledger.tables import accounts
from central_api.members.tables import members
from tests.support.central import WANG, Club, code_of
from tests.support.partner import a_member_row, partner

MEMBERS = "/v1/dms/members"


def test_a_customer_becomes_a_member_once(club: Club) -> None:
    dms = partner(club, "members.write", "members.read")
    made = dms.rows(MEMBERS, a_member_row(), a_member_row())
    assert [row["result"] for row in made] == ["made", "same"]
    assert made[0]["member"] == made[1]["member"]
    assert dms.rows(MEMBERS, a_member_row())[0]["result"] == "same"
    found = dms.get(f"{MEMBERS}/K-1001").json()
    assert {name: found[name] for name in ("member", "status", "tier", "points", "tier_points", "valid_to")} == {
        "member": made[0]["member"],
        "status": "active",
        "tier": "classic",
        "points": 0,
        "tier_points": 0,
        "valid_to": "2027-05-15",
    }
    with club.context.db.read() as tx:
        row = tx.first(select(members).where(members.c.id == made[0]["member"]))
        assert (row.surname, row.title, row.home_store) == (
            {"zh": "欧阳", "en": "欧阳"},
            {"zh": "女士", "en": "女士"},
            "east",
        )
        assert tx.scalar(select(func.count()).where(accounts.c.member == made[0]["member"])) == 2


def test_a_change_is_taken_over_and_an_older_one_comes_too_late(club: Club) -> None:
    dms = partner(club, "members.write")
    dms.rows(MEMBERS, a_member_row())
    newer = a_member_row(surname="司徒", changed_at="2026-05-16T14:05:00+08:00")
    older = a_member_row(surname="欧", changed_at="2026-05-16T14:04:00+08:00")
    assert [row["result"] for row in dms.rows(MEMBERS, newer, older, newer)] == ["changed", "late", "same"]
    with club.context.db.read() as tx:
        surnames = [row.surname["zh"] for row in tx.rows(select(members).join(member_links))]
    assert surnames == ["司徒"]


def test_somebody_who_is_a_member_already_is_linked_and_stays_who_they_are(club: Club) -> None:
    dms = partner(club, "members.write", "members.read")
    linked = dms.rows(MEMBERS, a_member_row(member=WANG), a_member_row(member=WANG, number="K-2"))
    assert [row["result"] for row in linked] == ["linked", "linked"], "one member, two customers of the DMS"
    assert dms.get(f"{MEMBERS}/K-2").json()["points"] > 0
    other = dms.rows(MEMBERS, a_member_row(member="m0002"))[0]
    assert (other["code"], other["facts"]) == ("edit_conflict", {"expected": WANG, "found": "m0002"})
    assert dms.rows(MEMBERS, a_member_row(number="K-3", member="nobody"))[0]["code"] == "not_found"


def test_each_program_has_numbers_of_its_own(club: Club) -> None:
    east, till = partner(club, "members.write"), partner(club, "members.read", source="till-east")
    east.rows(MEMBERS, a_member_row())
    assert code_of(till.get(f"{MEMBERS}/K-1001")) == "not_found"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"number": ""}, "malformed"),
        ({"number": "a" * 65}, "malformed"),
        ({"number": "a\0b"}, "malformed"),
        ({"number": " a"}, "malformed"),
        ({"number": 7}, "malformed"),
        ({"surname": ""}, "malformed"),
        ({"surname": "\n"}, "malformed"),
        ({"store": "moon"}, "not_found"),
        ({"kind": "robot"}, "malformed"),
        ({"joined": "2026-05-17"}, "malformed"),
        ({"joined": "1989-12-31"}, "malformed"),
        ({"joined": "2026-02-30"}, "malformed"),
        ({"changed_at": "2026-05-16T14:00:00"}, "malformed"),
        ({"changed_at": "0001-01-01T00:00:00+14:00"}, "malformed"),
        ({"changed_at": "2026-05-18T14:00:00+08:00"}, "malformed"),
        ({"mobile": "13800000000"}, "malformed"),
    ],
)
def test_a_broken_row_is_answered_and_its_neighbours_go_through(
    club: Club, change: dict[str, object], code: str
) -> None:
    dms = partner(club, "members.write")
    rows = dms.rows(MEMBERS, a_member_row("A"), a_member_row("B") | change, a_member_row("C"))
    assert [row["result"] for row in rows] == ["made", "refused", "made"]
    assert (rows[1]["row"], rows[1]["code"]) == (1, code)
    assert rows[1]["detail"].startswith("expected")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"rows": []}',
        b'{"rows": {}}',
        b'{"rows": [{}], "more": 1}',
        b'{"rows": [' + b"{}," * 200 + b"{}]}",
    ],
)
def test_what_is_no_batch_is_refused_whole(club: Club, body: bytes) -> None:
    answer = partner(club, "members.write").post(MEMBERS, body)
    assert (answer.status_code, code_of(answer)) == (400, "malformed")


def test_rows_that_are_no_objects_are_answered_each(club: Club) -> None:
    answer = partner(club, "members.write").post(
        MEMBERS, json.dumps({"rows": [None, 1, [], "x", {"number": 5}]}).encode()
    )
    assert answer.json()["refused"] == 5


def test_the_same_customer_sent_at_once_from_many_sides_is_made_once(club: Club) -> None:
    dms = partner(club, "members.write")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: dms.rows(MEMBERS, a_member_row())[0], range(16)))
    results = [row["result"] for row in found]
    assert results.count("made") == 1
    assert set(results) <= {"made", "same", "refused"}
    assert {row["code"] for row in found} <= {"", "edit_conflict"}
    with club.context.db.read() as tx:
        assert tx.scalar(select(func.count()).select_from(member_links)) == 1
