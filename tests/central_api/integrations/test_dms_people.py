"""What the DMS says of a person is sealed and found by; who was merged goes by the other, and of who has left nothing is written."""

from pathlib import Path

from sqlalchemy import select, text, update

from central_api.integrations.exchange import service
from central_api.integrations.exchange.service import KINDS
from central_api.lifecycle import merging
from central_api.members import personal, search
from central_api.members.tables import members
from central_api.programme import service as programmes
from tests.support.central import WANG, Club, new_id
from tests.support.partner import a_bill_row, a_member_row, partner

MEMBERS, BILLS = "/v1/dms/members", "/v1/dms/bills"
PHONE = "13800138000"


def test_given_name_and_phone_are_sealed_and_found_by(club: Club) -> None:
    dms, vault = partner(club, "members.write"), club.context.vault
    member = dms.rows(MEMBERS, a_member_row(given="雪", phone="138 0013 8000"))[0]["member"]
    newer = a_member_row(surname="司徒", changed_at="2026-05-16T14:05:00+08:00")
    assert [row["result"] for row in dms.rows(MEMBERS, newer, newer)] == ["changed", "same"]
    with club.context.db.read() as tx:
        for query in (PHONE, "司徒雪"):
            assert [found.id for found in search.find(tx, vault, query)] == [member], query
        assert search.find(tx, vault, "欧阳雪") == ()
        assert personal.read(tx, vault, member).phone == PHONE, "what a row leaves out stays"
        for row in tx.rows(text("SELECT * FROM member_details")):
            assert PHONE not in str(row)
    wrong = dms.rows(MEMBERS, a_member_row("K-2", phone="12"))[0]
    assert (wrong["code"], "12" in wrong["detail"]) == ("malformed", False)


def test_who_was_merged_is_billed_as_the_other(club: Club) -> None:
    dms = partner(club, "members.write", "members.read", "bills.write")
    source = dms.rows(MEMBERS, a_member_row())[0]["member"]
    before = dms.get(f"{MEMBERS}/K-1001").json()["points"]
    now = club.clock.now()
    desk = merging.Desk(club.context.keyring, "staff:1001", now, new_id)
    club.context.db.run(
        lambda tx: merging.merge(tx, desk, programmes.current(tx, now), source, WANG, reason="two-cards")
    )
    seen = dms.get(f"{MEMBERS}/K-1001").json()
    assert (before, seen["member"]) == (0, WANG)
    booked = dms.rows(BILLS, a_bill_row())[0]
    assert (booked["result"], booked["member"]) == ("booked", WANG)
    newer = a_member_row(surname="司徒", changed_at="2026-05-16T14:05:00+08:00")
    assert dms.rows(MEMBERS, newer)[0] == dms.rows(MEMBERS, newer)[0]
    with club.context.db.read() as tx:
        assert tx.scalar(select(members.c.surname).where(members.c.id == WANG))["zh"] == "王"


def test_of_who_has_left_nothing_is_written(club: Club) -> None:
    dms = partner(club, "members.write", "bills.write")
    member = dms.rows(MEMBERS, a_member_row())[0]["member"]
    with club.context.db.write() as tx:
        tx.execute(update(members).where(members.c.id == member).values(status="closed", closed_for="left"))
    newer = a_member_row(phone=PHONE, changed_at="2026-05-16T14:05:00+08:00")
    assert dms.rows(MEMBERS, newer)[0]["code"] == "card_not_active"
    assert dms.rows(MEMBERS, a_member_row("K-2", member=member))[0]["code"] == "card_not_active"
    assert dms.rows(BILLS, a_bill_row())[0]["code"] == "card_not_active"


def test_a_file_brings_phones_in_and_none_out(club: Club, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"number,surname,given,phone,store\nK-1,欧阳,雪,{PHONE},east\nK-2,李,,12,east\n", encoding="utf-8")
    report = service.bring_in(club.context, KINDS["members"], path, source="old", skip_bad=True)
    assert (report.booked, [(fault.row, fault.column) for fault in report.faults]) == (1, [(3, "phone")])
    with club.context.db.read() as tx:
        assert len(search.find(tx, club.context.vault, PHONE)) == 1
    service.write_out(club.context, KINDS["members"], path, source="old")
    assert PHONE not in path.read_text(encoding="utf-8-sig")
