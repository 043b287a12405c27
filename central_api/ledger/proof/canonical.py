r"""Writes an entry with all it moved as the one text that its seal is the hash of (A1).

The text is JSON in ASCII, without blanks, keys in the order of their code points, what is not ASCII as `\uXXXX`:

```text
{"entry":{"at":"2026-05-16T06:32:00.000000Z","bill":"","category":"task","facts":{},"id":"…","kind":"bonus","member":"…",
"paid_fen":0,"reference":null,"reverses":null,"store":"east"},"lots":[["LOT","2026-12-31","2026-05-16T06:32:00.000000Z",600]],
"postings":[["club:points:issued",-600],["member:…:points",600]],"previous":"0000…","sequence":1,"store":"east",
"uses":[["LOT",200]],"v":1}
```

Instants are UTC with six decimals, days ISO, points and fen whole numbers. `postings` are [account, amount], `uses` [lot,
points taken], `lots` [id, last day, earned at, earned] of the lots this entry made; each list is sorted. `previous` is the
hash before it in its store, for the first 64 zeros. What a lot has left is not in it: that changes, and follows from the uses.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

VERSION = 1
FIELDS = ("id", "member", "kind", "category", "at", "store", "bill", "paid_fen", "reference", "reverses", "facts")
"""Columns of an entry that version 1 seals; one that is added later needs a version of its own."""
FIRST = "0" * 64
"""What the first seal of a chain names as the hash before it."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is sealed of an entry. `entry` has the columns of `ledger_entries` by name."""

    entry: Mapping[str, Any]
    postings: tuple[tuple[str, int], ...]
    uses: tuple[tuple[str, int], ...]
    lots: tuple[tuple[str, date, datetime, int], ...]


def digest(content: Content, store: str, sequence: int, previous: str) -> str:
    """The hash of an entry in its place: 64 hex digits."""
    return hashlib.sha256(text(content, store, sequence, previous)).hexdigest()


def text(content: Content, store: str, sequence: int, previous: str) -> bytes:
    """What is hashed.

    Args:
        content: the entry with all it moved.
        store: whose chain it stands in.
        sequence: its place there, from 1.
        previous: the hash before it.
    """
    lots = [[lot, expires.isoformat(), _instant(earned_at), earned] for lot, expires, earned_at, earned in content.lots]
    value = {
        "v": VERSION,
        "store": store,
        "sequence": sequence,
        "previous": previous,
        "entry": {**{name: content.entry[name] for name in FIELDS}, "at": _instant(content.entry["at"])},
        "postings": sorted([account, amount] for account, amount in content.postings),
        "uses": sorted([lot, points] for lot, points in content.uses),
        "lots": sorted(lots),
    }
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
