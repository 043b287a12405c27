"""Books of points in a database of their own: members who earn, spend, bring back and let expire; and hands that spoil the rows."""

import itertools
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import insert

from central_api.db import Database, Tx
from central_api.devices.tables import stores
from central_api.ledger import expiry, returns
from central_api.ledger import service as ledger
from central_api.ledger.proof import sealing, verify
from central_api.ledger.tables import accounts
from central_api.members.tables import members
from central_api.migrations import runner
from tests.support import postgres

NOW = datetime(2026, 5, 16, 6, 32, tzinfo=UTC)
TODAY = date(2026, 5, 16)
TEMPLATE = "books_template"


@dataclass
class Books:
    """A ledger. Ids are counted, so the same acts give the same rows; every act is a transaction of its own."""

    db: Database
    url: str
    today: date = TODAY
    _ids: Iterator[int] = field(default_factory=itertools.count)

    @property
    def at(self) -> datetime:
        """The instant of what is booked: the same time of each day."""
        return NOW + (self.today - TODAY)

    def new_id(self) -> str:
        """The next id."""
        return f"id-{next(self._ids):06d}"

    def member(self, home: str = "east") -> str:
        """A new member without points."""
        with self.db.write() as tx:
            return add_member(tx, self.new_id(), home)

    def earn(
        self, member: str, points: int, tier_points: int = 0, days: int = 30, store: str = "east", kind: str = "bill"
    ) -> str:
        """Earn points that are good for so many days after today; the entry."""
        expires = self.today + timedelta(days=days)
        with self.db.write() as tx:
            occasion = ledger.Occasion(kind=kind, at=self.at, category="wash", store=store, facts={"line": 1})
            return ledger.earn(tx, member, points, tier_points, expires, occasion, new_id=self.new_id)

    def spend(self, member: str, points: int, store: str = "east") -> str:
        """Spend points; the entry."""
        with self.db.write() as tx:
            ledger.lock_member(tx, member)
            occasion = ledger.Occasion(kind="redeem", at=self.at, store=store)
            return ledger.spend(tx, member, points, self.today, occasion, new_id=self.new_id)

    def give_back(self, spent: str, points: int | None = None, store: str = "east") -> returns.GivenBack:
        """Undo a spending or a part of it."""
        with self.db.write() as tx:
            occasion = ledger.Occasion(kind="reverse", at=self.at, store=store)
            return returns.give_back(tx, spent, self.today, occasion, new_id=self.new_id, points=points)

    def take_back(self, earned: str, points: int, tier_points: int = 0, store: str = "east") -> returns.TakenBack:
        """Take back what was earned, or a part of it."""
        with self.db.write() as tx:
            occasion = ledger.Occasion(kind="adjust", at=self.at, store=store)
            return returns.take_back(tx, earned, points, tier_points, self.today, occasion, new_id=self.new_id)

    def expire(self, member: str) -> tuple[str, ...]:
        """Book off what is over by today."""
        with self.db.write() as tx:
            return expiry.expire(tx, member, self.today, at=self.at, new_id=self.new_id, store="east")

    def balances(self, member: str) -> ledger.Balances:
        """What a member has today."""
        with self.db.read() as tx:
            return ledger.balances(tx, member, self.today, 100)

    def seal(self) -> int:
        """Seal all that waits; how much that was."""
        total = 0
        while sealed := sealing.seal(self.db):
            total += sealed
        return total

    def proof(self, known: verify.Known | None = None) -> tuple[list[verify.Fault], verify.Proved]:
        """What a proof finds, and what it looked at."""
        proved = verify.Proved()
        return list(verify.run(self.db.read, proved, known)), proved

    def spoil(self, *statements: str) -> None:
        """Change rows behind the database's back: by a raw connection for which no trigger, key or check counts."""
        if self.db.is_sqlite:
            _spoil_sqlite(str(self.db.engine.url.database), statements)
            return
        url = self.db.engine.url
        with psycopg.connect(host=url.query["host"], user=url.username, dbname=url.database) as link:  # type: ignore[arg-type]
            link.execute("SET session_replication_role = replica")
            checks = "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0"
            for table, check in link.execute(checks).fetchall():
                if table in ("accounts", "lots"):
                    link.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(_name(table), _name(check)))
            for statement in statements:
                link.execute(statement.encode())


def _name(text: str) -> sql.Identifier:
    return sql.Identifier(text)


def _spoil_sqlite(path: str, statements: Sequence[str]) -> None:
    with closing(sqlite3.connect(path)) as link, link:
        link.execute("PRAGMA ignore_check_constraints=ON")
        triggers = link.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            link.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            link.execute(statement)
        for _, made in triggers:
            link.execute(made)


def add_member(tx: Tx, member: str, home: str = "east") -> str:
    """Write a member without points, with both accounts."""
    values = {
        "id": member,
        "surname": {"zh": "王"},
        "title": {"zh": "先生"},
        "kind": "person",
        "language": "zh-CN",
        "tier": "classic",
        "status": "active",
        "home_store": home,
        "joined": TODAY,
        "valid_to": TODAY,
        "created_at": NOW,
    }
    tx.execute(insert(members).values(**values))
    for track in ("points", "tier"):
        account = {"id": ledger.member_account(member, track), "track": track, "member": member, "balance": 0}
        tx.execute(insert(accounts).values(**account))
    return member


def prepare(db: Database) -> None:
    """Give an empty database its tables, two stores and the club's accounts."""
    runner.upgrade(db)
    with db.write() as tx:
        for slug in ("east", "west"):
            tx.execute(insert(stores).values(slug=slug, name={}, time_zone="Asia/Shanghai", phone="", position=0))
        tx.execute(insert(accounts), ledger.club_accounts())


def template_on_sqlite(folder: Path) -> Path:
    """A prepared file to copy."""
    path = folder / "template.db"
    db = Database(f"sqlite:///{path}")
    prepare(db)
    db.close()
    return path


def template_on_postgresql(cluster: postgres.Cluster) -> None:
    """A prepared database to copy."""
    db = Database(cluster.create(TEMPLATE))
    prepare(db)
    db.close()


@contextmanager
def on_sqlite(template: Path, folder: Path) -> Iterator[Books]:
    """New books in a copy of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy2(template, folder / "books.db")
    url = f"sqlite:///{folder / 'books.db'}"
    db = Database(url)
    try:
        yield Books(db, url)
    finally:
        db.close()


@contextmanager
def on_postgresql(cluster: postgres.Cluster, name: str) -> Iterator[Books]:
    """New books in a copy of the database."""
    url = cluster.create(name, TEMPLATE)
    db = Database(url)
    try:
        yield Books(db, url)
    finally:
        db.close()
        cluster.drop(name)
