"""Runs the real lounge program; each line on standard input is the path of a manifest that the sync is said to have switched to."""

import sys
import threading
from pathlib import Path

from club.model.board import Manifest
from club.settings import LoungeSettings, load
from club.sync import events
from club.wire import codec
from lounge_display.wiring import Lounge


def main() -> int:
    lounge = Lounge(load(None, LoungeSettings, sys.argv[1:]))

    def listen() -> None:
        for line in sys.stdin:
            if line.strip() == "online":
                lounge.tell(events.Online())
            elif line.strip() == "offline":
                lounge.tell(events.Offline(lounge.clock.now()))
            else:
                manifest = codec.decode(Path(line.strip()).read_bytes(), Manifest)
                lounge.tell(events.ManifestReady(manifest, manifest.revision))

    threading.Thread(target=listen, daemon=True).start()
    lounge.run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
