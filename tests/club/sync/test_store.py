"""The device store: durable, migrated from every released version, and up again after damage."""

import sqlite3
import threading
from pathlib import Path

import pytest

from club.model.clock import HandClock
from club.sync.client import ApiClient
from club.sync.mirror import Mirror
from club.sync.outbox import Outbox
from club.sync.store import DeviceStore
from tests.club.sync import makers

RELEASED = sorted((Path(__file__).parent / "stores").glob("*.sql"))


def test_it_keeps_what_was_committed_and_nothing_of_what_was_not(store: DeviceStore) -> None:
    store.note("epoch", "e1")

    def cut() -> None:
        with store.transaction():
            store.note("epoch", "e2")
            raise RuntimeError("power")

    with pytest.raises(RuntimeError, match="power"):
        cut()
    assert store.noted("epoch") == "e1"
    assert store.noted("nothing") is None


def test_it_survives_a_power_failure_by_its_settings(store: DeviceStore) -> None:
    with store.transaction() as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert db.execute("PRAGMA secure_delete").fetchone() == (1,)
    assert store.path.stat().st_mode & 0o777 == 0o600


def test_a_reader_sees_the_committed_state_while_another_thread_writes(store: DeviceStore) -> None:
    store.note("epoch", "before")
    written, read = threading.Event(), threading.Event()

    def write() -> None:
        with store.transaction():
            store.note("epoch", "after")
            written.set()
            read.wait(5)

    writer = threading.Thread(target=write)
    writer.start()
    assert written.wait(5)
    during = store.noted("epoch")
    read.set()
    writer.join(5)
    assert during == "before"
    assert store.noted("epoch") == "after"


def test_a_damaged_file_is_put_aside_and_the_device_comes_up(tmp_path: Path) -> None:
    path = tmp_path / "device.db"
    path.write_bytes(b"this is no database" * 400)
    store = DeviceStore(path)
    store.note("epoch", "e1")
    store.close()
    assert (tmp_path / "device.db.damaged").read_bytes().startswith(b"this is no database")


def test_a_store_that_cannot_be_opened_is_not_taken_for_damaged(tmp_path: Path) -> None:
    (tmp_path / "device.db").mkdir()
    with pytest.raises(sqlite3.OperationalError):
        DeviceStore(tmp_path / "device.db")
    assert not (tmp_path / "device.db.damaged").exists()


@pytest.mark.parametrize("dump", RELEASED, ids=[path.stem for path in RELEASED])
def test_a_store_of_every_released_version_opens_with_its_promises(tmp_path: Path, dump: Path) -> None:
    path = tmp_path / "device.db"
    old = sqlite3.connect(path)
    old.executescript(dump.read_text(encoding="utf-8"))
    old.close()

    store = DeviceStore(path)
    try:
        outbox = Outbox(store)
        assert [one.command_id for one in outbox.pending()] == ["command-kept"]
        assert outbox.held("member-0001") == 500
        request = outbox.take("command-kept")
        assert request is not None
        fresh = ApiClient("http://club.test", makers.an_identity(tmp_path), HandClock(makers.NOW)).prepare(
            makers.a_redeem("command-kept")
        )
        assert request.body == fresh.body
        assert set(request.headers) == set(fresh.headers)
        found = Mirror(store).member("a" * 64)
        assert found is not None
        assert found.surname.zh == "王"
        assert Mirror(store).places() == {"global": 7, "store-east": 41}
    finally:
        store.close()


def test_there_is_a_dump_of_each_release() -> None:
    assert [path.stem for path in RELEASED] == ["v0_1"]
