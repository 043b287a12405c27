"""The database itself refuses to change or remove what is booked, on both engines and by every way SQL has (A1)."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from central_api.ledger import moves
from central_api.ledger import service as ledger
from central_api.ledger.proof import guards, verify
from central_api.ledger.tables import ledger_unsealed
from tests.support.books import Books

BOOKED = {
    "ledger_entries": ("kind = 'bonus'", "reference = 'x'", "facts = '{}'"),
    "ledger_postings": ("amount = 7", "account = account"),
    "lot_uses": ("points = 7", "lot = lot"),
    "ledger_seals": ("hash = ''", "sequence = sequence"),
    "lot_moves": ("points = 7", "target = source"),
}
OF_A_LOT = ("id", "member", "entry", "earned_at", "expires", "earned")


@pytest.fixture
def full(books: Books) -> Books:
    """Books with a row in each table."""
    member, other = books.member(), books.member()
    books.earn(member, 100)
    books.spend(member, 10)
    with books.db.write() as tx:
        occasion = ledger.Occasion(kind="adjust", at=books.at)
        moves.move_all(tx, member, other, occasion, new_id=books.new_id)
    books.seal()
    return books


def refused(books: Books, statement: str, why: str) -> None:
    """The statement is refused, and everything stays as it was."""
    before = rows(books)
    with pytest.raises(DBAPIError, match=why), books.db.write() as tx:
        tx.execute(text(statement))
    assert rows(books) == before


def rows(books: Books) -> dict[str, list[object]]:
    """All rows of what is guarded."""
    with books.db.read() as tx:
        return {
            table: [tuple(row) for row in tx.rows(text(f"SELECT * FROM {table} ORDER BY 1, 2"))]
            for table in (*BOOKED, "lots")
        }


@pytest.mark.parametrize("table", BOOKED)
def test_what_is_booked_is_never_changed_or_removed(full: Books, table: str) -> None:
    for change in BOOKED[table]:
        refused(full, f"UPDATE {table} SET {change}", f"{table} only grows")
    refused(full, f"DELETE FROM {table}", f"{table} only grows")
    if full.db.is_sqlite:
        refused(full, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}", f"{table} only grows")
        refused(full, f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1", f"{table} only grows")
    else:
        refused(full, f"TRUNCATE {table} CASCADE", "only grows|lots keep")


def test_an_update_disguised_as_an_insert_is_refused_too(full: Books) -> None:
    statement = (
        "INSERT INTO ledger_entries SELECT * FROM ledger_entries WHERE true ON CONFLICT (id) DO UPDATE SET paid_fen = 1"
    )
    refused(full, statement, "only grows")


def test_a_reference_that_was_booked_takes_no_entrys_place(full: Books) -> None:
    columns = "id, member, kind, at, facts, reference"
    with full.db.write() as tx:
        tx.execute(
            text(
                f"INSERT INTO ledger_entries ({columns}) "
                "SELECT 'first', member, 'bonus', at, '{}', 'once' FROM ledger_entries LIMIT 1"
            )
        )
    act = "INSERT OR REPLACE" if full.db.is_sqlite else "INSERT"
    refused(
        full,
        f"{act} INTO ledger_entries ({columns}) SELECT 'second', member, 'bonus', at, '{{}}', 'once' "
        "FROM ledger_entries LIMIT 1",
        "only grows|uq_ledger_entries_reference",
    )


@pytest.mark.parametrize("column", OF_A_LOT)
def test_a_lot_keeps_what_it_was_made_with(full: Books, column: str) -> None:
    refused(full, f"UPDATE lots SET {column} = {column}", "lots keep what they were made with")


def test_a_lot_is_never_removed_and_gives_its_points(full: Books) -> None:
    refused(full, "DELETE FROM lots", "lots keep what they were made with")
    if full.db.is_sqlite:
        refused(full, "INSERT OR REPLACE INTO lots SELECT * FROM lots", "lots keep what they were made with")
    else:
        refused(full, "TRUNCATE lots CASCADE", "lots keep|only grows")
    with full.db.write() as tx:
        tx.execute(text('UPDATE lots SET "left" = 5'))
        assert tx.scalar(text('SELECT "left" FROM lots')) == 5


def test_every_new_entry_waits_for_its_seal_whoever_writes_it(full: Books) -> None:
    with full.db.write() as tx:
        tx.execute(
            text(
                "INSERT INTO ledger_entries (id, member, kind, at, facts, store) "
                "SELECT 'by-hand', member, 'bonus', at, '{}', 'west' FROM ledger_entries LIMIT 1"
            )
        )
        waiting = tx.rows(select(ledger_unsealed.c.entry, ledger_unsealed.c.store))
    assert [tuple(row) for row in waiting] == [("by-hand", "west")]


def test_a_guard_that_is_gone_or_off_is_found(full: Books) -> None:
    with full.db.read() as tx:
        others = {guard for guard in guards.present(tx) if guard.table in ("audit", "board_versions", "consents")}
        assert guards.present(tx) - others == guards.GUARDS[tx.dialect]
    names = {
        True: ("DROP TRIGGER lot_uses_no_delete", "lot_uses_no_delete"),
        False: ("ALTER TABLE lot_uses DISABLE TRIGGER lot_uses_only_append", "lot_uses_only_append"),
    }
    statement, name = names[full.db.is_sqlite]
    with full.db.write() as tx:
        tx.execute(text(statement))
    faults, _ = full.proof()
    assert [fault.code for fault in faults] == ["guard-missing"]
    assert name in faults[0].text
    assert isinstance(faults[0], verify.Fault)


def changed(books: Books, name: str, *statements: str) -> None:
    """After these statements a proof finds that this guard, and no other, is not what it was."""
    with books.db.write() as tx:
        for statement in statements:
            tx.connection.exec_driver_sql(statement)
    faults, _ = books.proof()
    assert [fault.code for fault in faults] == ["guard-changed"] * len(faults)
    assert any(name in fault.text for fault in faults)


def test_a_namesake_on_another_table_is_no_guard(full: Books) -> None:
    if full.db.is_sqlite:
        name = "lot_uses_no_delete"
        changed(
            full, name, f"DROP TRIGGER {name}", f"CREATE TRIGGER {name} BEFORE DELETE ON stores BEGIN SELECT 1; END"
        )
        return
    name = "lot_uses_only_append"
    changed(
        full,
        name,
        f"DROP TRIGGER {name} ON lot_uses",
        f"CREATE TRIGGER {name} BEFORE DELETE ON stores FOR EACH STATEMENT EXECUTE FUNCTION club_append_only()",
    )


def test_a_namesake_that_does_nothing_is_no_guard(full: Books) -> None:
    if full.db.is_sqlite:
        name = "ledger_entries_no_update"
        changed(
            full,
            name,
            f"DROP TRIGGER {name}",
            f"CREATE TRIGGER {name} BEFORE UPDATE ON ledger_entries BEGIN SELECT 1; END",
        )
        return
    name = "ledger_entries_only_append"
    changed(
        full,
        name,
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        f"DROP TRIGGER {name} ON ledger_entries",
        f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION nothing()",
    )


def test_a_guard_for_some_columns_only_is_no_guard(full: Books) -> None:
    name = "lots_no_update"
    if full.db.is_sqlite:
        say = "BEGIN SELECT RAISE(ABORT, 'lots keep what they were made with: only what is left changes'); END"
        changed(full, name, f"DROP TRIGGER {name}", f"CREATE TRIGGER {name} BEFORE UPDATE OF id ON lots {say}")
        return
    changed(
        full,
        name,
        f"DROP TRIGGER {name} ON lots",
        f"CREATE TRIGGER {name} BEFORE UPDATE OF id ON lots FOR EACH STATEMENT EXECUTE FUNCTION club_lot_keeps()",
    )


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("club_append_only", "ledger_postings_only_append"),
        ("club_lot_keeps", "lots_no_delete"),
        ("club_unsealed", "ledger_entries_unsealed"),
    ],
)
def test_a_guard_whose_function_was_replaced_is_no_guard(books_on_postgresql: Books, function: str, name: str) -> None:
    body = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
    changed(books_on_postgresql, name, f"CREATE OR REPLACE FUNCTION {function}() {body}")
