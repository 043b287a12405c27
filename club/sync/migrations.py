"""How the device's database came to be, step by step; a released step is never edited, `tests/club/sync/stores` holds each."""

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("club.sync")


@MIGRATIONS()
def facts_mirror_and_outbox(db: Database) -> None:
    """0.1: facts of the device, mirrored entities with their feeds' places, commands under way."""
    db.execute("CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID")
    db.execute(
        """
        CREATE TABLE entity (
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            feed TEXT NOT NULL,
            payload BLOB NOT NULL,
            PRIMARY KEY (kind, id, feed)
        ) STRICT, WITHOUT ROWID
        """
    )
    db.execute("CREATE TABLE place (feed TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID")
    db.execute(
        """
        CREATE TABLE command (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            method TEXT NOT NULL,
            target TEXT NOT NULL,
            headers BLOB NOT NULL,
            body BLOB NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'settled', 'refused')),
            member_id TEXT NOT NULL,
            hold_points INTEGER NOT NULL CHECK (hold_points >= 0),
            made_at TEXT NOT NULL,
            answer BLOB
        ) STRICT
        """
    )


@MIGRATIONS()
def redeemed_offline(db: Database) -> None:
    """0.2: what was handed out in an outage; rows stay until it has ended and all is settled (A14)."""
    db.execute(
        """
        CREATE TABLE offline_use (
            id TEXT PRIMARY KEY,
            outage TEXT NOT NULL,
            card_hash TEXT NOT NULL,
            reward TEXT NOT NULL,
            points INTEGER NOT NULL CHECK (points >= 0),
            qr TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """
    )
