"""Tells devices what redemptions have changed: each member and reward once, however often it was noted (`feed.due`).

Where a store's kiosks come, go, or change their keys, its rules for redeeming offline are told again: they name the keys.

A redemption only notes that its member and its reward have changed. What stands in the feeds is written here, some notes
at a time and in a transaction of its own: a reward that everybody wants makes one change a second, not one a redemption.
"""

from datetime import datetime

from central_api.db import Database, Tx
from central_api.feed import due
from central_api.feed import service as feed
from central_api.ledger import mirror
from central_api.members import repository as members
from central_api.rewards import catalogue, repository
from central_api.rewards.offline import rules
from central_api.security.keyring import Keyring

NOTES = {"sqlite": 200, "postgresql": 1_000}
"""Taken at once: SQLite's writer is held for as long as it takes to publish so many, on PostgreSQL only whoever else tells the same stores waits."""


def publish_due(db: Database, keyring: Keyring, now: datetime) -> int:
    """Publish what is noted; how many notes there were.

    Where commands never cease there is always another note: those that come meanwhile wait for the next round, in which what
    they are of is published once.

    Raises:
        Unavailable: the database does not answer; the notes stay.
    """
    with db.read() as tx:
        if not due.is_any(tx):
            return 0
    most = NOTES[db.engine.dialect.name]
    done = taken = db.run(lambda tx: _publish_some(tx, keyring, now, most))
    while taken == most:
        taken = db.run(lambda tx: _publish_some(tx, keyring, now, most))
        done += taken
    return done


def _publish_some(tx: Tx, keyring: Keyring, now: datetime, most: int) -> int:
    notes = due.take(tx, most)
    if not notes:
        return 0
    people = sorted({note.entity_id for note in notes if note.entity == due.MEMBER})
    slugs = sorted({note.entity_id for note in notes if note.entity == due.REWARD})
    redeeming = sorted({note.entity_id for note in notes if note.entity == due.OFFLINE})
    homes = {feed.store_feed(store) for store in members.homes_of(tx, people)}
    homes |= {feed.store_feed(store) for store in redeeming}
    due.lock(tx, homes | ({feed.GLOBAL} if slugs else set()))
    mirror.publish_members(tx, keyring, people, now)
    rows = repository.some_rewards(tx, slugs)
    names = catalogue.names_shown(tx, [row.content for row in rows])
    changes = [(feed.GLOBAL, "reward", row.slug, catalogue.entity(row, names, now)) for row in rows]
    feed.publish_all(tx, changes, now=now)
    for store in redeeming:
        rules.tell_again(tx, keyring, store, now)
    return len(notes)
