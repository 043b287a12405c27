"""Staff find members by what they have in hand and see them masked; who may see more leaves a line in the log of acts (X2, C6)."""

import pytest
from sqlalchemy import select

from central_api.members import personal, search
from central_api.members.personal import Details, Vehicle
from central_api.staff import roles
from central_api.staff.service import Person
from central_api.staff.tables import audit
from club.model import errors
from club.model.text import Text
from tests.support.books import NOW
from tests.support.hall import Hall


def staff(*held: str, stores: tuple[str, ...] = ("east",)) -> Person:
    """Somebody with these roles."""
    return Person("1001", "李某", Text("顾问"), held, stores, "zh-CN")


@pytest.fixture
def wang(hall: Hall) -> str:
    """A member known by everything."""
    member = hall.member(Details("砚舟", "138-0000-6621", "11010519491231002X", "06-18"), plates=("沪A·IO6K8",))
    hall.member(Details("砚", "13700006621"), surname="王")
    with hall.db.write() as tx:
        car = Vehicle(hall.books.new_id(), "沪A·DIO852", "LSVAA4182E2000137")
        personal.write_vehicle(tx, hall.vault, member, car, NOW)
    return member


@pytest.mark.parametrize(
    "query",
    [
        "13800006621",
        "+86 138 0000 6621",
        "沪a106k8",
        "沪A·DIO852",
        "lsvaa4182e2000137",
        "11010519491231002x",
        "王砚舟",
        " 王 砚舟 ",
    ],
)
def test_each_of_them_finds_one(hall: Hall, wang: str, query: str) -> None:
    with hall.db.read() as tx:
        (hit,) = search.find(tx, hall.vault, query)
    assert (hit.id, hit.name.zh, hit.phone) == (wang, "王**", "138****6621")
    assert sorted(hit.plates) == ["沪A ***852", "沪A **6K8"]
    assert not any(part in repr(hit) for part in ("砚舟", "13800006621", "IO6K8"))


def test_the_last_four_digits_find_everybody_who_has_them(hall: Hall, wang: str) -> None:
    with hall.db.read() as tx:
        assert len(search.find(tx, hall.vault, "6621")) == 2
        assert [hit.id for hit in search.find(tx, hall.vault, wang)] == [wang]
        for nothing in ("", " ", "0000", "王", "1380000662", "x" * 5000, "\0", "沪A"):
            assert search.find(tx, hall.vault, nothing) == (), nothing


def test_a_hash_finds_only_its_kind(hall: Hall, wang: str) -> None:
    with hall.db.read() as tx:
        hashes = {kind: hall.vault.lookup(tx, kind, "6621") for kind in ("phone", "phone-tail", "name", "plate")}
    assert len(set(hashes.values())) == 4


def test_a_plate_that_was_corrected_is_found_by_the_new_one_only(hall: Hall, wang: str) -> None:
    with hall.db.write() as tx:
        car = personal.vehicles(tx, hall.vault, wang)[0]
        personal.write_vehicle(tx, hall.vault, wang, Vehicle(car.id, "沪B·77777"), NOW)
        assert search.find(tx, hall.vault, "沪AIO6K8") == ()
        assert [hit.id for hit in search.find(tx, hall.vault, "沪B77777")] == [wang]


def test_a_vehicle_of_somebody_else_is_not_taken(hall: Hall, wang: str) -> None:
    other = hall.member()
    with hall.db.read() as tx:
        car = personal.vehicles(tx, hall.vault, wang)[0]
    with pytest.raises(errors.NotAllowed), hall.db.write() as tx:
        personal.write_vehicle(tx, hall.vault, other, Vehicle(car.id, "沪B·77777"), NOW)


def test_opening_a_member_is_for_some_roles_and_stands_in_the_log(hall: Hall, wang: str) -> None:
    for role in ("reception", "marketing", "auditor", "nobody"):
        with pytest.raises(errors.NotAllowed) as refused, hall.db.write() as tx:
            search.reveal(tx, hall.vault, staff(role), wang, "call-back", NOW)
        assert refused.value.facts == {"needs": "members.reveal"}
    with hall.db.write() as tx:
        found = search.reveal(tx, hall.vault, staff("service"), wang, "call-back", NOW)
    assert (found.details.phone, found.details.given) == ("13800006621", "砚舟")
    assert len(found.vehicles) == 2
    assert "13800006621" not in repr(found)
    with hall.db.read() as tx:
        rows = tx.rows(select(audit))
    assert [(row.actor, row.act, row.subject, row.facts) for row in rows] == [
        ("staff:1001", "member.reveal", f"member:{wang}", {"reason": "call-back"})
    ]


def test_another_stores_member_stays_masked(hall: Hall, wang: str) -> None:
    with pytest.raises(errors.NotAllowed) as refused, hall.db.write() as tx:
        search.reveal(tx, hall.vault, staff("manager", stores=("west",)), wang, "call-back", NOW)
    assert refused.value.facts == {"needs": "east"}
    with hall.db.read() as tx:
        assert tx.rows(select(audit)) == []


def test_every_role_sees_members_masked_and_few_more() -> None:
    assert all(roles.may([role], "members.see") for role in roles.RIGHTS)
    assert {role for role in roles.RIGHTS if roles.may([role], "members.reveal")} == {"admin", "manager", "service"}
    assert {role for role in roles.RIGHTS if roles.may([role], "members.merge")} == {"admin", "manager"}
