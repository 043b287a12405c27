"""Every row of a redemption is found by an index, on PostgreSQL also on a connection that was opened while the club was new."""

from collections.abc import Iterable
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select, update

from central_api.cards.tables import cards
from central_api.ledger.tables import accounts
from central_api.rewards import body_sqlite
from central_api.rewards.body_postgresql import CALL, Procedure
from central_api.rewards.commands import Desk
from club.model import voucher
from tests.central_api.rewards.counter import Counter, cheap_wash, many_washes
from tests.support.central import Club

_SCANNED = "SELECT relname FROM pg_stat_xact_user_tables WHERE seq_tup_read > 0 AND relname NOT IN ('programme_versions', 'stores')"
"""Of the programme there are a handful of versions, and its newest is wanted; of a dozen stores all names are."""


_FETCHED = "SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'accounts'"
JOINS = {"enable_hashjoin=off", "enable_mergejoin=off", "enable_material=off"}
REDEMPTIONS = 20


def found(club: Club, query: str, resets: Iterable[str] = (), **changes: object) -> list[Any]:
    """The first column of what PostgreSQL counted of some redemptions, on a connection that first met their tables empty.

    Args:
        club: on PostgreSQL.
        query: asks for what was counted in this transaction.
        resets: choices of the procedure that are taken back first.
        changes: columns of every card.
    """
    device = club.device()
    if changes:
        with club.context.db.write() as tx:
            tx.execute(update(cards).values(**changes))
    counter = Counter(club, device)
    cheap_wash(club)
    desk = Desk(club.context.new_id, lambda: voucher.make(club.context.random_below), 10)
    procedure = Procedure(club.context.db, desk)
    wanted = many_washes(club, device, REDEMPTIONS)
    batches = [procedure.batch([counter.ask(one)], club.clock.now()) for one in wanted]
    url = club.context.db.engine.url
    address = {"host": str(url.query["host"]), "user": url.username, "dbname": url.database}
    with psycopg.connect(**address, autocommit=True) as other:  # type: ignore[arg-type]
        other.execute("VACUUM ANALYZE")
        for choice in resets:
            other.execute(f"ALTER FUNCTION club_redeem_v4(jsonb) RESET {choice}".encode())
    with psycopg.connect(**address) as link:  # type: ignore[arg-type]
        for batch in (*batches, *batches):  # each comes once more, as after an answer that was lost
            assert (link.execute(CALL, [batch]).fetchone() or ())[1] == 200
        return [row[0] for row in link.execute(query.encode())]


def scanned(club: Club, *, reset: bool, **changes: object) -> set[str]:
    """The tables that redemptions read from end to end."""
    return set(found(club, _SCANNED, ["ALL"] if reset else [], **changes))


def accounts_read(club: Club, resets: Iterable[str] = ()) -> tuple[int, int]:
    """How often redemptions read the row of an account; and how many there are."""
    (count,) = found(club, _FETCHED, resets)
    with club.context.db.read() as tx:
        return int(count), int(tx.scalar(select(func.count()).select_from(accounts)))


@pytest.mark.parametrize("club", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_no_table_is_read_from_end_to_end(club: Club) -> None:
    assert scanned(club, reset=False) == set()


@pytest.mark.parametrize("club", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_nor_for_a_card_that_has_a_limit(club: Club) -> None:
    assert scanned(club, reset=False, limit_points=1_000_000, limit_per="month") == set()


@pytest.mark.parametrize("club", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_nor_for_one_that_took_the_place_of_others(club: Club) -> None:
    assert scanned(club, reset=False, limit_points=1_000_000, limit_per="month", line="card-of-before") == set()


@pytest.mark.parametrize("club", ["sqlite"], indirect=True)
@pytest.mark.parametrize("query", ["_SPENT", "_CARD_SPENT"])
def test_sqlite_finds_what_a_line_spent_by_indexes(club: Club, query: str) -> None:
    named = {"card": "a", "line": "b", "since": "2026-05-16", "now": "2026-05-16"}
    with club.context.db.read() as tx:
        plan = tx.sqlite.execute(f"EXPLAIN QUERY PLAN {getattr(body_sqlite, query)}", named).fetchall()
    steps = [row[-1] for row in plan]
    assert not [step for step in steps if step.startswith("SCAN") and "CONSTANT" not in step]
    for index in ("ix_redemptions_line_at (line=? AND at>?)", "ix_redemptions_card_at (card=? AND at>?)"):
        assert any(index in step for step in steps), steps


@pytest.mark.parametrize("club", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_without_its_choices_the_procedure_would(club: Club) -> None:
    assert "idempotency" in scanned(club, reset=True)


@pytest.mark.parametrize("club", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_of_accounts_only_those_at_hand_are_read(club: Club) -> None:
    count, _ = accounts_read(club)
    assert count <= 10 * REDEMPTIONS


@pytest.mark.parametrize("club", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_with_other_joins_all_are_read_each_time(club: Club) -> None:
    count, all_of_them = accounts_read(club, [choice.partition("=")[0] for choice in JOINS])
    assert count >= all_of_them * REDEMPTIONS


@pytest.mark.parametrize("club", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_nothing_is_compiled_for_a_redemption(club: Club) -> None:
    """A table that has to be read from end to end is priced so high by the second choice that PostgreSQL would, each time."""
    url = club.context.db.engine.url
    with psycopg.connect(host=str(url.query["host"]), user=url.username, dbname=url.database) as link:
        (kept,) = link.execute("SELECT proconfig FROM pg_proc WHERE proname = 'club_redeem_v4'").fetchone() or ([],)
    assert {"jit=off", "enable_seqscan=off", "plan_cache_mode=force_generic_plan", *JOINS} == set(kept)
    with club.context.db.read() as tx:
        assert tx.connection.exec_driver_sql("SHOW jit").scalar() == "off"
