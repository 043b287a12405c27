"""Runs the real lounge program; each line on standard input is an order of staff, `ID KIND`; answers go to a folder.

`lasts SECONDS` says how long a name stands from then on, `disowned` that the club does not know the device any more.

`python -m tests.lounge_display.drive_orders FOLDER [section.key=value ...]`: the answer of order ID is `FOLDER/ID.json`, its picture
`FOLDER/ID.jpg`.
"""

import json
import sys
import threading
from pathlib import Path

from club.settings import LoungeSettings, load
from club.sync import events, files
from club.ui import remote
from lounge_display.wiring import Lounge


def main() -> int:
    folder = Path(sys.argv[1])
    lounge = Lounge(load(None, LoungeSettings, sys.argv[2:]))

    def answered(order_id: str, *, done: bool, detail: str = "", picture: bytes = b"") -> None:
        if picture:
            files.write_whole(folder / f"{order_id}.jpg", picture)
        files.write_whole(folder / f"{order_id}.json", json.dumps({"done": done, "detail": detail}).encode())

    lounge.remote._answer = answered

    def listen() -> None:
        for line in sys.stdin:
            order_id, _, kind = line.strip().partition(" ")
            if order_id == "lasts":
                remote.IDENTIFY_S = float(kind)
            else:
                lounge.tell(events.OrderCame(order_id, kind) if kind else events.NeedsEnrolment())

    threading.Thread(target=listen, daemon=True).start()
    lounge.run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
