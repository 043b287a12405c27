"""Writes the dump of a device store as this version makes it; run once at each release: `python -m tests.club.sync.make_store v0_2`.

A dump that was released is never written again: `test_store` opens each with today's code.
"""

import sqlite3
import sys
import tempfile
from pathlib import Path

from club.sync.client import ApiClient
from club.sync.mirror import Mirror
from club.sync.outbox import Outbox
from club.sync.store import DeviceStore
from tests.club.sync import makers


def write(dump: Path) -> None:
    """Fill a new store with one of everything and write its SQL to `dump`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "device.db"
        store = DeviceStore(path)
        client = ApiClient("http://club.test", makers.an_identity(Path(folder)), makers.a_clock())
        mirror, outbox = Mirror(store), Outbox(store)
        mirror.keep_enrolled(makers.an_enrolled())
        changes = (
            makers.a_change("global", 7, "reward", "car-wash", makers.a_reward("car-wash")),
            makers.a_change("store-east", 41, "member", "a" * 64, makers.a_member("a" * 64)),
        )
        mirror.apply(changes, epoch="e1", places={"global": 7, "store-east": 41}, at=makers.NOW)
        command = makers.a_redeem("command-kept")
        outbox.add(command, client.prepare(command), member_id="member-0001", hold_points=500, made_at=makers.NOW)
        store.close()
        made = sqlite3.connect(path)
        dump.write_text("\n".join(made.iterdump()) + "\n", encoding="utf-8")
        made.close()


if __name__ == "__main__":
    target = Path(__file__).parent / "stores" / f"{sys.argv[1]}.sql"
    if target.exists():
        sys.exit(f"{target.name} was released and stays as it is")
    write(target)
