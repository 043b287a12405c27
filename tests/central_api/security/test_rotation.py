"""Keys are renewed without losing a value, beside a service that goes on, on both engines (ADR 0012)."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from central_api.members import personal
from central_api.members.personal import Details
from central_api.members.tables import member_details
from central_api.security import envelope, keyring, rotation, vault
from central_api.security.envelope import NotOpened, Place
from central_api.security.tables import SEARCH, data_keys
from central_api.security.vault import Vault
from tests.support.books import NOW
from tests.support.hall import Hall

WHO = Details("砚舟", "13800006621", "", "06-18")


def sealed_by(hall: Hall) -> set[int]:
    """The numbers of the keys that personal fields are sealed by."""
    found = set()
    with hall.db.read() as tx:
        for table, column in rotation.sealed_columns():
            values = tx.connection.execute(select(column).select_from(table).where(column.is_not(None))).scalars()
            found |= {envelope.key_number(value) for value in values}
    return found


def kept(hall: Hall, member: str, by: Vault | None = None) -> Details:
    """What the club knows of a member, opened by another process's vault when one is given."""
    with hall.db.read() as tx:
        return personal.read(tx, by or hall.vault, member)


def test_a_new_master_key_wraps_the_data_keys_and_touches_no_member(hall: Hall) -> None:
    member = hall.member(WHO)
    with hall.db.read() as tx:
        before = tx.first(select(member_details))
    other_process = Vault(hall.keyring, lambda: keyring.load(hall.keys))
    fresh = keyring.add_master(hall.keys)
    with hall.db.write() as tx:
        assert rotation.wrap_anew(tx, fresh) == 2
        assert rotation.wrap_anew(tx, fresh) == 0
    with hall.db.read() as tx:
        assert tx.first(select(member_details)) == before
        assert {row.master for row in tx.rows(select(data_keys))} == {fresh.master}
    assert kept(hall, member) == WHO
    assert kept(hall, member, other_process) == WHO, "it reads the file again"


def test_a_new_data_key_seals_everything_and_the_old_one_goes_when_nothing_needs_it(hall: Hall) -> None:
    people = {hall.member(Details("某", f"1380000{number:04d}")): f"1380000{number:04d}" for number in range(7)}
    hall.card(next(iter(people)), driver="司马")
    done = rotation.seal_anew(hall.db, hall.vault, hall.keyring, NOW)
    assert (done.number, done.values, done.dropped, done.kept) == (2, 15, (), (1,))
    assert sealed_by(hall) == {2}
    again = rotation.seal_anew(hall.db, hall.vault, hall.keyring, NOW + rotation.REST, new_key=False)
    assert (again.number, again.values, again.dropped, again.kept) == (2, 0, (1,), ())
    assert {member: kept(hall, member).phone for member in people} == people


def test_what_a_slow_unit_of_work_sealed_by_the_old_key_is_found_by_the_next_run(hall: Hall) -> None:
    member = hall.member(WHO)
    with hall.db.write() as tx:
        place = Place("member_details", "phone", member)
        late = hall.vault.seal(tx, place, "13900000001")
    rotation.seal_anew(hall.db, hall.vault, hall.keyring, NOW)
    with hall.db.write() as tx:
        tx.execute(update(member_details).values(phone=late))
    later = NOW + timedelta(days=1)
    assert sealed_by(hall) == {1, 2}
    assert rotation._drop(hall.db, later) == ((), (1,)), "a key that seals something is never dropped"
    assert rotation.seal_anew(hall.db, hall.vault, hall.keyring, later, new_key=False).dropped == (1,)
    assert kept(hall, member).phone == "13900000001"


def test_a_run_that_breaks_off_is_run_again(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [hall.member(Details("某", f"1380000{number:04d}")) for number in range(9)]
    monkeypatch.setattr(rotation, "BATCH", 2)
    calls = iter(range(100))
    real = hall.vault.seal

    def failing(*arguments: object) -> bytes:
        if next(calls) == 7:
            raise RuntimeError("the power failed")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(hall.vault, "seal", failing)
    with pytest.raises(RuntimeError, match="power failed"):
        rotation.seal_anew(hall.db, hall.vault, hall.keyring, NOW)
    assert sealed_by(hall) == {1, 2}
    assert all(kept(hall, member).given == "某" for member in people)
    monkeypatch.undo()
    rotation.seal_anew(hall.db, hall.vault, hall.keyring, NOW, new_key=False)
    assert sealed_by(hall) == {2}


def test_a_value_that_was_put_into_another_row_does_not_open(hall: Hall) -> None:
    first, second = hall.member(WHO), hall.member(Details("清和", "13800000438"))
    with hall.db.write() as tx:
        stolen = tx.scalar(select(member_details.c.phone).where(member_details.c.member == first))
        tx.execute(update(member_details).where(member_details.c.member == second).values(phone=stolen))
    with pytest.raises(NotOpened, match="stood somewhere else"):
        kept(hall, second)


def test_the_keys_of_another_database_are_refused_at_the_start(hall: Hall, tmp_path: Path) -> None:
    strange = keyring.load_or_create(tmp_path / "other" / "keys.toml")
    other = Vault(strange, lambda: strange)
    with pytest.raises(ValueError, match="take the file that belongs to this database"), hall.db.write() as tx:
        vault.ensure(tx, other, strange, NOW)


def test_a_start_makes_the_keys_once(hall: Hall) -> None:
    with hall.db.write() as tx:
        before = tx.rows(select(data_keys).order_by(data_keys.c.number))
        vault.ensure(tx, hall.vault, hall.keyring, NOW)
        assert tx.rows(select(data_keys).order_by(data_keys.c.number)) == before
    assert [row.number for row in before] == [SEARCH, 1]
    fresh = Vault(hall.keyring, lambda: hall.keyring)
    with hall.db.write() as tx:
        tx.execute(delete(data_keys).where(data_keys.c.number == SEARCH))
    with pytest.raises(ValueError, match="restore it from a backup"), hall.db.read() as tx:
        fresh.lookup(tx, "phone", "1")
    with pytest.raises(ValueError, match="restore it from a backup"), hall.db.write() as tx:
        vault.ensure(tx, fresh, hall.keyring, NOW)
