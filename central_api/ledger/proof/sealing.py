"""Seals booked entries in the background: each gets its place and its hash in the chain of its store (A1).

The order is that of arrival: a trigger notes each new entry, in its own transaction, in `ledger_unsealed`, whoever writes it;
what one look finds there is sealed in the order of these notes, behind all that was sealed before. So a chain has no gap,
and an entry that was committed late simply comes later. Bookings never wait: what is sealed is read and hashed outside the
unit of work that writes, and that one is short.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from central_api.db import Database
from central_api.ledger.proof import canonical, repository
from central_api.ledger.proof.canonical import Content

BATCH = 200
"""Entries sealed by one unit of work: some milliseconds in which SQLite's other writers wait."""


def seal(db: Database, most: int = BATCH) -> int:
    """Seal the entries that have waited longest; how many were sealed, `most` when more may wait.

    Sealing again is harmless. Of two processes that seal at once one writes, and the other throws its work away.

    Args:
        db: the database.
        most: entries at most.

    Raises:
        Unavailable: the database is away; what is not sealed goes on waiting.
    """
    with db.read() as tx:
        waiting = repository.waiting(tx, most)
        if not waiting:
            return 0
        heads = repository.heads(tx, {row.store for row in waiting})
        contents = repository.contents(tx, [row.entry for row in waiting])
    rows = chained(waiting, contents, heads)
    with db.write() as tx:
        repository.lock_sealing(tx)
        if repository.heads(tx, heads) != heads:
            return 0
        repository.add_seals(tx, rows)
    return len(rows)


def chained(
    waiting: Sequence[Any], contents: Mapping[str, Content], heads: Mapping[str, tuple[int, str] | None]
) -> list[dict[str, object]]:
    """The seals of entries, each behind the one before it in its store.

    Args:
        waiting: rows of entry and store, in order.
        contents: what is sealed, by entry.
        heads: sequence and hash of the last seal of each store; None: it begins.
    """
    ends = {store: found or (0, canonical.FIRST) for store, found in heads.items()}
    rows: list[dict[str, object]] = []
    for row in waiting:
        sequence, previous = ends[row.store]
        sequence += 1
        found = canonical.digest(contents[row.entry], row.store, sequence, previous)
        rows.append({"store": row.store, "sequence": sequence, "entry": row.entry, "hash": found, "previous": previous})
        ends[row.store] = (sequence, found)
    return rows
