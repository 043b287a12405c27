"""A kiosk's sync in a process of its own, to be killed: `python -m tests.club.sync.kill_program FOLDER ADDRESS [COMMAND_ID]`.

With a command id it submits that command; either way it ends when nothing is unsettled any more.
"""

import queue
import sys
from pathlib import Path

from club.model.clock import SystemClock
from club.sync import events
from club.sync.client import ApiClient
from club.sync.store import DeviceStore
from club.sync.worker import SyncWorker
from tests.club.sync import makers


def main(folder: Path, address: str, command_ids: list[str]) -> None:
    store = DeviceStore(folder / "device.db")
    clock = SystemClock()
    client = ApiClient(address, makers.an_identity(folder), clock)
    told: queue.SimpleQueue[events.SyncEvent] = queue.SimpleQueue()
    worker = SyncWorker(store, client, clock, told.put, kind="kiosk", media_dir=folder / "media", version="0.1.0")
    worker.mirror.keep_enrolled(makers.an_enrolled())
    worker.start()
    for command_id in command_ids:
        worker.submit(makers.a_redeem(command_id), member_id="member-0001")
    while worker.outbox.pending():
        told.get(timeout=20)
    worker.close()
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
