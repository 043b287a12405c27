"""Keeps proof of what was on the glass, against the plan, in the device's own store; it survives outages (L6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database, Migrations

from club.sync.store import DeviceStore

MIGRATIONS = Migrations("lounge_display")


@MIGRATIONS()
def plays(db: Database) -> None:
    """0.1: one row for each time a board was on the glass."""
    db.execute(
        """
        CREATE TABLE play (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            board TEXT NOT NULL,
            version INTEGER NOT NULL,
            layer TEXT NOT NULL,
            shown_at TEXT NOT NULL,
            seconds REAL NOT NULL,
            planned_s REAL NOT NULL
        ) STRICT
        """
    )


@dataclass(frozen=True, slots=True)
class Play:
    """One board on the glass: when, how long, and how long the plan wanted it."""

    board: str
    version: int
    layer: str
    shown_at: datetime
    seconds: float
    planned_s: float


class PlayLog:
    """Rows in the device store, the oldest dropped after `keep_days`.

    Args:
        store: of this device.
        keep_days: how long rows are kept when nobody has collected them.
    """

    def __init__(self, store: DeviceStore, *, keep_days: int = 60) -> None:
        self._store = store
        self._keep = timedelta(days=keep_days)
        with store.transaction() as connection:
            MIGRATIONS.apply(Database(connection, execute_plugins=False))

    def add(self, play: Play) -> None:
        """Write one play down, durable."""
        oldest = (play.shown_at - self._keep).isoformat()
        with self._store.transaction() as db:
            db.execute(
                "INSERT INTO play (board, version, layer, shown_at, seconds, planned_s) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    play.board,
                    play.version,
                    play.layer,
                    play.shown_at.isoformat(),
                    round(play.seconds, 3),
                    round(play.planned_s, 3),
                ),
            )
            db.execute("DELETE FROM play WHERE shown_at < ?", (oldest,))

    def last(self, count: int = 100) -> tuple[Play, ...]:
        """The newest plays, newest first."""
        rows = self._store.read(
            "SELECT board, version, layer, shown_at, seconds, planned_s FROM play ORDER BY id DESC LIMIT ?", count
        )
        return tuple(Play(row[0], row[1], row[2], datetime.fromisoformat(row[3]), row[4], row[5]) for row in rows)

    def totals(self) -> dict[str, float]:
        """Seconds on the glass of each board, over all rows kept."""
        return {
            str(board): float(seconds)
            for board, seconds in self._store.read("SELECT board, SUM(seconds) FROM play GROUP BY board")
        }
