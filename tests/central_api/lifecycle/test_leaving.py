"""Leaving: everything is given out, then not a byte of the person is left in the database; the books stay right (A10, X2)."""

import json
import os
import pwd
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from central_api.cards.tables import cards, pins
from central_api.feed import service as feed
from central_api.feed.tables import change_log, feed_entities
from central_api.ledger import service as ledger
from central_api.lifecycle import export, leaving
from central_api.members import consents, personal, search
from central_api.members.personal import Details, Vehicle
from central_api.members.tables import members
from club.model import errors
from club.wire.changes import Snapshot
from tests.central_api.lifecycle.pairs import merge, voucher
from tests.support import postgres
from tests.support.books import NOW
from tests.support.hall import Hall

SECRETS = {
    "surname": "澹台",
    "surname_en": "Tantai-Demo",
    "title": "博士先生",
    "given": "灭明甲",
    "phone": "13800007731",
    "id_number": "11010519491231002X",
    "plate": "沪CQ7X31",
    "vin": "LSVAA4182E2000137",
    "driver": "公冶长丙",
}


@pytest.fixture
def person(hall: Hall) -> str:
    """A member with all that can be known of one, a card of their own and one of a driver, points, a voucher, a mirror's row."""
    member = hall.member()
    with hall.db.write() as tx:
        names = {"zh": SECRETS["surname"], "en": SECRETS["surname_en"]}
        tx.execute(
            members.update()
            .where(members.c.id == member)
            .values(surname=names, title={"zh": SECRETS["title"], "en": ""}, adviser="li")
        )
        details = Details(SECRETS["given"], SECRETS["phone"], SECRETS["id_number"], "12-31")
        personal.write(tx, hall.vault, member, details, NOW)
        car = Vehicle(hall.books.new_id(), SECRETS["plate"], SECRETS["vin"], "云岫 SUV", 41_000, hall.books.today)
        personal.write_vehicle(tx, hall.vault, member, car, NOW)
        consents.record(tx, member, "terms", "2026-01", given=True, now=NOW, by="import")
    hall.books.earn(member, 600, 600)
    hall.books.spend(member, 100)
    hall.card(member, "04AABBCCDDEE01")
    hall.card(member, "04AABBCCDDEE02", driver=SECRETS["driver"])
    voucher(hall, member)
    return member


def leave(hall: Hall, member: str, *, gives_up: bool = True) -> leaving.Left:
    """Leave the club."""
    return hall.db.run(
        lambda tx: leaving.leave(
            tx,
            hall.keyring,
            member,
            gives_up=gives_up,
            by="staff:1001",
            now=hall.books.at,
            new_id=hall.books.new_id,
        )
    )


def bytes_of(hall: Hall, folder: Path) -> bytes:
    """All that the database holds: SQLite's files written anew, or a dump of PostgreSQL."""
    if hall.db.is_sqlite:
        with hall.db.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("VACUUM")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        path = Path(str(hall.db.engine.url.database))
        return b"".join(found.read_bytes() for found in sorted(path.parent.glob(path.name + "*")))
    url = hall.db.engine.url
    program = next(place / "pg_dump" for place in postgres._PLACES if (place / "pg_dump").exists())
    account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    done = subprocess.run(
        [str(program), "-h", str(url.query["host"]), "-U", str(url.username), "--inserts", str(url.database)],
        capture_output=True,
        check=True,
        user=account.pw_uid if account else None,
        extra_groups=[] if account else None,
        cwd="/",
    )
    return done.stdout


def found_in(content: bytes) -> set[str]:
    """Which secrets stand in these bytes: as text, as JSON writes it, or in hex as a dump writes binary columns."""
    forms = {
        name: (value.encode(), json.dumps(value)[1:-1].encode(), value.encode().hex().encode())
        for name, value in SECRETS.items()
    }
    return {name for name, texts in forms.items() if any(text in content for text in texts)}


def test_only_surname_and_title_ever_stand_open(hall: Hall, person: str, tmp_path: Path) -> None:
    assert found_in(bytes_of(hall, tmp_path)) == {"surname", "surname_en", "title"}


def test_not_a_byte_of_the_person_is_left(hall: Hall, person: str, tmp_path: Path) -> None:
    leave(hall, person)
    content = bytes_of(hall, tmp_path)
    assert found_in(content) == set()
    assert person.encode() in content, "the anonymous books are there"


def test_the_books_are_kept_and_stay_right(hall: Hall, person: str) -> None:
    done = leave(hall, person)
    assert (done.points, done.vouchers) == (500, 1)
    with hall.db.read() as tx:
        balances = ledger.balances(tx, person, hall.books.today)
        row = tx.first(select(members).where(members.c.id == person))
        assert consents.standing(tx, person) == {}
    assert (balances.points, balances.tier_points) == (0, 600)
    assert (row.status, row.closed_for, row.adviser) == ("closed", "left", "")
    hall.books.seal()
    assert hall.books.proof()[0] == []


def test_points_that_were_over_and_not_yet_booked_off_go_too(hall: Hall) -> None:
    member = hall.member()
    hall.books.earn(member, 70, 0, days=3)
    hall.books.today += timedelta(days=9)
    assert leave(hall, member, gives_up=False).points == 0
    assert hall.books.expire(member) == ()
    assert hall.books.proof()[0] == []


def test_who_still_holds_something_is_told_first(hall: Hall, person: str) -> None:
    with pytest.raises(errors.StillHolds) as refused:
        leave(hall, person, gives_up=False)
    assert refused.value.facts == {"points": 500, "vouchers": 1, "held": 0}
    with hall.db.read() as tx:
        assert personal.read(tx, hall.vault, person).phone == SECRETS["phone"]


def test_cards_are_nobodys_and_devices_forget_them(hall: Hall, person: str) -> None:
    with hall.db.read() as tx:
        before = {row.entity_id for row in tx.rows(select(feed_entities)) if row.entity == "member"}
    assert len(before) == 2
    leave(hall, person)
    with hall.db.read() as tx:
        found = {(row.state, row.reason, row.member, row.driver) for row in tx.rows(select(cards))}
        assert tx.rows(select(pins)) == []
        shown: Snapshot = feed.snapshot(tx, ("store-east",), NOW)
        log = tx.rows(select(change_log).order_by(change_log.c.seq))
    assert found == {("blocked", "left", None, None)}
    assert [row for row in shown.rows if row.entity == "member"] == []
    assert {row.payload for row in log} == {None}, "earlier rows name nobody any more"
    assert [row.seq for row in log] == list(range(1, len(log) + 1)), "numbers stay dense"


def test_who_left_is_found_by_nothing_and_leaves_once(hall: Hall, person: str) -> None:
    leave(hall, person)
    with hall.db.read() as tx:
        for query in (SECRETS["phone"], "7731", SECRETS["plate"], SECRETS["vin"], "澹台灭明甲", SECRETS["id_number"]):
            assert search.find(tx, hall.vault, query) == (), query
        with pytest.raises(errors.NotFound):
            export.everything(tx, hall.vault, person, NOW)
    with pytest.raises(errors.NotFound):
        leave(hall, person)


def test_who_was_merged_in_is_erased_as_well(hall: Hall, person: str, tmp_path: Path) -> None:
    target = hall.member(Details("某", "13900000001"))
    merge(hall, person, target)
    leave(hall, target)
    assert found_in(bytes_of(hall, tmp_path)) == set()
    assert hall.books.proof()[0] == []


def test_everything_is_given_out(hall: Hall, person: str) -> None:
    target = hall.member(Details("某", "13900000001"), surname="另")
    merge(hall, person, target)
    with hall.db.read() as tx:
        found = export.everything(tx, hall.vault, target, NOW)
    text = json.dumps(found, ensure_ascii=False)
    assert [name for name, value in SECRETS.items() if value not in text] == []
    assert {"persons", "cards", "consents", "vouchers", "ledger_entries", "ledger_postings", "lots"} <= set(found)
    assert (len(found["persons"]), len(found["cards"]), len(found["vouchers"])) == (2, 2, 1)
    assert "hash" not in text.replace(SECRETS["vin"], "")
