"""Compares the triggers that guard the books with what the migrations 0001, 0005 and 0008 make: name, table and text (A1)."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text

from central_api.db import Tx

_GROWING = ("ledger_entries", "ledger_postings", "lot_uses", "ledger_seals", "lot_moves")
_ONLY_GROWS = "only grows: write a new row that corrects the old one"
_LOT_KEEPS = "lots keep what they were made with: only what is left changes"
_LOT_FACTS = ("id", "member", "entry", "earned_at", "expires", "earned")
_TAKEN = {
    "ledger_entries": "id = NEW.id OR reference = NEW.reference",
    "ledger_postings": "id = NEW.id",
    "lot_uses": "id = NEW.id",
    "lots": "id = NEW.id",
    "lot_moves": "id = NEW.id",
    "ledger_seals": "(store = NEW.store AND sequence = NEW.sequence) OR entry = NEW.entry",
}
_NOTES = "INSERT INTO ledger_unsealed (entry, store) VALUES (NEW.id, NEW.store);"

_ON_SQLITE = "SELECT name, tbl_name AS on_table, sql AS made, '' AS body FROM sqlite_master WHERE type = 'trigger'"
_ON_POSTGRESQL = (
    "SELECT tgname AS name, tgrelid::regclass::text AS on_table, pg_get_triggerdef(t.oid, true) AS made, prosrc AS body "
    "FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
)


@dataclass(frozen=True, slots=True)
class Guard:
    """A trigger as the database tells of it; `body` is its function's, on PostgreSQL."""

    name: str
    table: str
    made: str
    body: str = ""


def present(tx: Tx) -> frozenset[Guard]:
    """Every trigger that is there and switched on, on whatever table."""
    query = _ON_SQLITE if tx.dialect == "sqlite" else _ON_POSTGRESQL
    return frozenset(Guard(row.name, row.on_table, row.made, row.body) for row in tx.rows(text(query)))


def _of_sqlite() -> frozenset[Guard]:
    found = []
    for table, taken in _TAKEN.items():
        said = f"BEGIN SELECT RAISE(ABORT, '{_LOT_KEEPS if table == 'lots' else f'{table} {_ONLY_GROWS}'}'); END"
        facts = " OF " + ", ".join(f'"{name}"' for name in _LOT_FACTS) if table == "lots" else ""
        exists = f"EXISTS (SELECT 1 FROM {table} WHERE {taken})"  # noqa: S608 -- names from above
        for name, when in (
            (f"{table}_no_update", f"BEFORE UPDATE{facts} ON {table}"),
            (f"{table}_no_delete", f"BEFORE DELETE ON {table}"),
            (f"{table}_no_replace", f"BEFORE INSERT ON {table} WHEN {exists}"),
        ):
            found.append(Guard(name, table, f"CREATE TRIGGER {name} {when} {said}"))
    name = "ledger_entries_unsealed"
    found.append(
        Guard(name, "ledger_entries", f"CREATE TRIGGER {name} AFTER INSERT ON ledger_entries BEGIN {_NOTES} END")
    )
    return frozenset(found)


def _of_postgresql() -> frozenset[Guard]:
    grows = f" BEGIN RAISE EXCEPTION '% {_ONLY_GROWS}', TG_TABLE_NAME; END "
    keeps = f" BEGIN RAISE EXCEPTION '{_LOT_KEEPS}'; END "
    acts = [
        (f"{table}_only_append", table, "BEFORE DELETE OR UPDATE OR TRUNCATE", "append_only", grows)
        for table in _GROWING
    ]
    acts.append(("lots_no_update", "lots", f"BEFORE UPDATE OF {', '.join(_LOT_FACTS)}", "lot_keeps", keeps))
    acts.append(("lots_no_delete", "lots", "BEFORE DELETE OR TRUNCATE", "lot_keeps", keeps))
    found = [
        Guard(
            name,
            table,
            f"CREATE TRIGGER {name} {when} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION club_{does}()",
            body,
        )
        for name, table, when, does, body in acts
    ]
    name, table = "ledger_entries_unsealed", "ledger_entries"
    made = f"CREATE TRIGGER {name} AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION club_unsealed()"
    found.append(Guard(name, table, made, f" BEGIN {_NOTES} RETURN NULL; END "))
    return frozenset(found)


GUARDS: Mapping[str, frozenset[Guard]] = {"sqlite": _of_sqlite(), "postgresql": _of_postgresql()}
"""What must be there, by database, each in the words in which that database gives it back."""
