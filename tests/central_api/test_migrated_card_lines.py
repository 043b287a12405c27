"""Cards that were replaced, and came back, before there were lines: the log of acts says which card is in which (0023)."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from central_api.db import Database
from central_api.migrations import runner
from tests.central_api.test_migrations import A_MEMBER, downgrade
from tests.support import postgres

BEFORE = "0022_member_codes"
ACTS = (  # day of May, of the months before it 0 and less, act, card, new card
    (-60, "card.replace", "f", "g"),
    (1, "card.issue", "a", ""),
    (3, "card.replace", "a", "b"),
    (5, "card.replace", "b", "c"),
    (7, "card.return", "a", ""),
    (9, "card.replace", "a", "d"),
    (10, "card.return", "d", ""),
)
CAME_BACK, D_CAME_BACK = "a@20260507T060000000000", "d@20260510T060000000000"
SPENT = {  # by card and day of May: the line it is in afterwards
    ("g", -59): None,  # two months ago: it counts for no limit any more
    ("g", -20): "f",  # a piece handed out offline in April is judged by what was spent in April
    ("g", 2): "f",
    ("a", 2): None,
    ("b", 4): "a",
    ("c", 6): "a",
    ("a", 8): CAME_BACK,
    ("d", 9): CAME_BACK,
    ("d", 11): D_CAME_BACK,
    ("e", 11): None,
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of before, in which cards were replaced, came back, and spent."""
    if request.param == "sqlite":
        found = Database(f"sqlite:///{tmp_path / 'before.db'}")
        yield filled(found)
        found.close()
        return
    cluster: postgres.Cluster = request.getfixturevalue("pg_cluster")
    found = Database(cluster.create("before_lines"))
    yield filled(found)
    found.close()
    cluster.drop("before_lines")


def filled(db: Database) -> Database:
    runner.upgrade(db, BEFORE)
    with db.write() as tx:
        for statement in statements():
            tx.connection.exec_driver_sql(statement)
    return db


def statements() -> Iterator[str]:
    yield from A_MEMBER
    yield "INSERT INTO reward_categories VALUES ('care', '{}', 0)"
    yield (
        "INSERT INTO rewards (slug, category, type, points, value_fen, sold_out, limit_per, limit_times, valid_days, starts, "
        "position, content) VALUES ('wash', 'care', 'service', 50, 0, false, '', 0, 30, '2026-01-01', 0, '{}')"
    )
    for card in "abcdefg":
        yield (
            "INSERT INTO cards (id, family, number, face, state, assurance, last_counter, member) "
            f"VALUES ('{card}', 'ntag424', '{card}', 'classic', 'active', 'uid', -1, 'm1')"
        )
    for day, act, card, new in ACTS:
        facts = f'{{"member": "m1", "new": "{new}"}}' if new else '{"member": "m1"}'
        yield (
            "INSERT INTO audit (at, actor, act, subject, facts) "
            f"VALUES ('{moment(day, 6)}', 'staff:1001', '{act}', 'card:{card}', '{facts}')"
        )
    for card, day in SPENT:
        name, at = f"{card}{day}", moment(day, 7)
        yield (
            "INSERT INTO ledger_entries (id, member, kind, at, store, facts) "
            f"VALUES ('{name}', 'm1', 'redeem', '{at}', 'east', '{{}}')"
        )
        yield (
            "INSERT INTO redemptions (id, member, reward, quantity, unit_points, points, state, entry, assurance, store, at, card) "
            f"VALUES ('{name}', 'm1', 'wash', 1, 50, 50, 'done', '{name}', 'uid', 'east', '{at}', '{card}')"
        )
        yield (
            "INSERT INTO holds (id, member, points, state, store, reference, placed_at, until, card) "
            f"VALUES ('{name}', 'm1', 50, 'open', 'east', '{name}', '{at}', '{at}', '{card}')"
        )


def moment(day: int, hour: int) -> str:
    """As a text that SQLite keeps, and PostgreSQL reads."""
    return f"{date(2026, 4, 30) + timedelta(days=day)} {hour:02}:00:00.000000"


def lines(db: Database, table: str) -> dict[str, str | None]:
    with db.read() as tx:
        return {row.id: row.line for row in tx.rows(text(f"SELECT id, line FROM {table}"))}


def test_cards_and_what_they_spent_are_in_the_line_in_which_they_were_then(db: Database) -> None:
    others = {"e": None, "f": None, "g": "f"}
    for _ in range(2):
        runner.upgrade(db)
        expected = {f"{card}{day}": line for (card, day), line in SPENT.items()}
        assert lines(db, "redemptions") == lines(db, "holds") == expected
        assert lines(db, "cards") == {"a": CAME_BACK, "b": "a", "c": "a", "d": D_CAME_BACK, **others}
        downgrade(db, BEFORE)
