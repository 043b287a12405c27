"""The two bodies of a redemption and one model: 5,000 acts on each database, 200,000 in the long run; and that it can fail."""

import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.exc import IntegrityError

from central_api.cards import lines
from central_api.cards.tables import cards
from central_api.db import Database, Tx
from central_api.ledger import borne, debts
from central_api.ledger import service as ledger
from central_api.lifecycle import repository as desk_queries
from central_api.rewards import body_sqlite, limits, repository, voucher_life
from central_api.security import keyring
from tests.central_api.rewards.conformance import invariants
from tests.central_api.rewards.conformance.card_acts import CardActs
from tests.central_api.rewards.conformance.machine import Machine
from tests.central_api.rewards.conformance.model import FINAL
from tests.central_api.rewards.conformance.world import World
from tests.support import postgres

STEPS = 50
ROUND = 200  # examples
OF_CARDS = 1_500  # acts
OUTCOMES = {
    *FINAL,
    "redeemed",
    "held",
    "card_blocked",
    "step_up_required",
    "grant_wrong",
    "session_ended",
    "edit_conflict",
    "cancelled",
    "fulfilled",
    "voucher_closed",
}
PROCEDURE = Path(body_sqlite.__file__).parents[1] / "migrations" / "sql" / "redeem_v4.sql"

ON_SQLITE = "sqlite"
ON_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgres)


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A small club in an empty database of the engine that the test names."""
    keys = keyring.load_or_create(tmp_path / "keys.toml")
    if request.param == "sqlite":
        db = Database(f"sqlite:///{tmp_path / 'world.db'}")
        with db.engine.connect() as connection:  # a power cut is not what is tried here
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
        made = World(db, keys)
        made.prepare()
        yield made
        db.close()
        return
    cluster: postgres.Cluster = request.getfixturevalue("pg_cluster")
    name = f"world_{secrets.token_hex(6)}"
    made = World(Database(cluster.create(name)), keys)
    made.prepare()
    yield made
    made.db.close()
    cluster.drop(name)


def run(world: World, operations: int, kind: type[Machine] = Machine, *, shrink: bool = True) -> None:
    """Do at least so many acts, the same ones each time: rounds of examples, each round with its number for a seed."""
    rounds = itertools.count(20260516)
    while world.operations < operations:
        machine: Any = seed(next(rounds))(type("Machine", (kind,), {"world": world}))
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=min(ROUND, -(-(operations - world.operations) // STEPS)),
                stateful_step_count=STEPS,
                database=None,
                deadline=None,
                print_blob=False,
                report_multiple_bugs=False,
                phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )


def compared(world: World, operations: int, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.perf_counter()
    run(world, operations)
    took = time.perf_counter() - began
    invariants.everything(world.db)
    with world.db.read() as tx:
        assert ledger.faults(tx) == []
    with capsys.disabled():
        engine = "SQLite" if world.db.is_sqlite else "PostgreSQL"
        rate = world.operations / took
        print(
            f"\n{engine}: {world.operations} acts, {rate:.0f} a second, no difference; {dict(world.seen.most_common())}"
        )
    assert world.operations >= operations
    assert world.seen["redeemed"] >= operations * 0.05, "most were refused: the acts do not try what they should"
    assert set(world.seen) >= OUTCOMES


@pytest.mark.timeout(900)
@pytest.mark.parametrize("world", [ON_SQLITE, ON_POSTGRESQL], indirect=True)
def test_the_body_does_what_the_model_does(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    compared(world, 5_000, capsys)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("world", [ON_SQLITE, ON_POSTGRESQL], indirect=True)
def test_cards_that_follow_each_other_do_what_the_model_does(world: World) -> None:
    run(world, OF_CARDS, CardActs)
    invariants.everything(world.db)
    assert world.seen["card_limit_reached"] >= OF_CARDS * 0.01
    assert world.seen["daily_cap_reached"] > 0


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("world", [ON_SQLITE, ON_POSTGRESQL], indirect=True)
def test_the_body_does_what_the_model_does_for_long(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    compared(world, 200_000, capsys)


# -- that it can fail: the two bodies with one rule left out each ---------------------------------------------------------

FOUND_WITHIN = 5_000  # acts, as many as the ordinary run does
OF_LINES = {
    "what the card paid before a merge",
    "what the card before it spent",
    "the cap of the card before it",
    "which line it was spent in",
    "a new card goes on where the old one stopped",
    "a card that came back begins anew",
    "a till keeps the line",
    "cards go back by their lines",
}
"""What is found by the acts of cards."""

WRONG = {
    "limit": ("figure + cmd.quantity > offer.limit_times", "false"),
    "stock": ("SET stock = r.stock - short.wanted", "SET stock = r.stock - 1"),
    "order of lots": ("ORDER BY l.expires, l.earned_at", "ORDER BY l.expires DESC, l.earned_at"),
    "holds": ("h.state = 'open' AND h.until > terms.instant", "false"),
    "the card's cap": ("figure + price > terms.uid_daily_cap", "price > terms.uid_daily_cap"),
    "a place in the limit that is given back": ("sum(r.quantity - r.cancelled)", "sum(r.quantity)"),
    "the card's own limit": ("figure + price > seen.limit_points", "price > seen.limit_points"),
    "each card has its own": (
        "(r.line = seen.of_line OR r.card = seen.of_line AND r.line IS NULL) AND r.state",
        "r.member = seen.member AND r.state",
    ),
    "what the card pays at tills": (
        "WHERE (h.line = seen.of_line OR h.card = seen.of_line AND h.line IS NULL)",
        "WHERE false",
    ),
    "what the card paid before a merge": ("AND h.placed_at >=", "AND h.member = seen.member AND h.placed_at >="),
    "what the card before it spent": ("coalesce(k.line, k.id) AS of_line", "k.id AS of_line"),
    "the cap of the card before it": (
        "(r.card = seen.card OR r.line = seen.of_line OR r.card = seen.of_line AND r.line IS NULL)",
        "r.card = seen.card",
    ),
    "which line it was spent in": ("b.card, b.line, b.assurance", "b.card, NULL, b.assurance"),
    "whose the card is": ("seen.holder IS DISTINCT FROM seen.member", "false"),
    "the key": ("instant, o.status, o.body", "instant, o.status, o.body || ' '"),
    "whose member waits to be booked": ("booking.member <> ALL (members)", "true"),
    "a refusal that what waits has caused": ("IF cardinality(bookings) = 0 THEN", "IF true THEN"),
}
"""What is changed in the procedure: left out, or turned round."""

WRONG_ON_SQLITE = {
    "limit": ("_TAKEN", "sum(quantity - cancelled)", "sum(0)"),
    "order of lots": ("_LOTS", "ORDER BY expires", "ORDER BY expires DESC"),
    "holds": ("_HELD", "state = 'open'", "state = 'none'"),
    "the card's cap": ("_SPENT", "sum(points - cancelled * unit_points)", "sum(0)"),
    "a place in the limit that is given back": ("_TAKEN", "sum(quantity - cancelled)", "sum(quantity)"),
    "the card's own limit": ("_CARD_SPENT", "sum(points - cancelled * unit_points)", "sum(0)"),
    "each card has its own": (
        "_CARD_SPENT",
        "(line = :line OR card = :line AND line IS NULL) AND",
        "member = (SELECT member FROM cards WHERE id = :card) AND",
    ),
    "what the card pays at tills": (
        "_CARD_SPENT",
        "WHERE (h.line = :line OR h.card = :line AND h.line IS NULL)",
        "WHERE false",
    ),
    "what the card before it spent": (
        "_CARD_SPENT",
        "line = :line OR card = :line AND line IS NULL",
        "card = :card",
    ),
    "the cap of the card before it": (
        "_SPENT",
        "card = :card OR line = :line OR card = :line AND line IS NULL",
        "card = :card",
    ),
    "which line it was spent in": ("_TAP", "k.line", "NULL"),
    "whose the card is": ("_TAP", "coalesce(k.member, '')", "s.member"),
}
"""The same in the plain SQL of the other body, by the name of its statement."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", WRONG_ON_SQLITE)
@pytest.mark.parametrize("world", [ON_SQLITE], indirect=True)
def test_a_wrong_rule_in_the_plain_sql_is_found(world: World, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, right, wrong = WRONG_ON_SQLITE[what]
    statement: str = getattr(body_sqlite, name)
    assert right in statement
    monkeypatch.setattr(body_sqlite, name, statement.replace(right, wrong))
    with pytest.raises(AssertionError):
        run(world, FOUND_WITHIN, CardActs if what in OF_LINES else Machine, shrink=False)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("world", [ON_POSTGRESQL], indirect=True)
def test_a_wrong_rule_in_the_procedure_is_found(world: World, what: str) -> None:
    right, wrong = WRONG[what]
    source = PROCEDURE.read_text(encoding="utf-8")
    assert right in source
    functions = source[source.index("CREATE FUNCTION club_refuse_v4") :].replace(right, wrong)
    with world.db.engine.begin() as connection:
        connection.exec_driver_sql(functions.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
    with pytest.raises(AssertionError):
        run(world, FOUND_WITHIN, CardActs if what in OF_LINES else Machine, shrink=False)


def _nothing(*_: Any, **__: Any) -> int:
    return 0


def _by_ids(tx: Tx, merge: str, _made_at: datetime, source: str, target: str) -> None:
    desk_queries.hand_back(tx, merge, cards, cards.c.member, source, target)


WRONG_BEHIND: dict[str, tuple[object, str, Callable[..., object]]] = {
    "the piece in the stock": (repository, "put_back", lambda *_: False),
    "the place in the limit": (repository, "cancel_piece", _nothing),
    "how long it can be taken back": (voucher_life, "_must_be_in_time", _nothing),
    "once": (voucher_life, "_must_be_open", _nothing),
    "what comes back pays debts": (debts, "settle_returned", _nothing),
    "what is earned pays debts": (debts, "settle_new", _nothing),
    "what comes back makes good what a store bears": (borne, "make_good", _nothing),
    "how much may be owed": (debts, "owed", _nothing),
    "a till keeps within the card's limit": (limits, "must_allow", _nothing),
    "a new card goes on where the old one stopped": (lines, "gone_on", lambda _old: {"line": None}),
    "a card that came back begins anew": (lines, "begun", lambda *_: {"line": None}),
    "a till keeps the line": (lines, "kept", lambda _card: None),
    "cards go back by their lines": (desk_queries, "hand_cards_back", _by_ids),
}
"""What of vouchers and debts is left out, by the rule: module, function, and what stands for it."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", WRONG_BEHIND)
@pytest.mark.parametrize("world", [ON_SQLITE], indirect=True)
def test_a_wrong_rule_of_vouchers_and_debts_is_found(world: World, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, name, wrong = WRONG_BEHIND[what]
    monkeypatch.setattr(module, name, wrong)
    with pytest.raises((AssertionError, ValueError, IntegrityError)):
        run(world, FOUND_WITHIN, CardActs if what in OF_LINES else Machine, shrink=False)
