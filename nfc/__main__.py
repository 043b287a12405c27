"""The ``nfc-cards`` command: which readers are there, and what happens on them. For technicians, in English."""

from __future__ import annotations

import argparse
import datetime as dt
import queue
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from nfc import events, reader, service
from nfc.evidence import Evidence

_START_PCSCD = "start it with 'systemctl start pcscd.socket' (Debian's pcscd package)"
_PLUG_READER = "plug one in; for ACR122U see that the kernel modules pn533_usb and nfc are blacklisted"
_LOST = {
    events.LostReason.NO_SERVICE: f"the PC/SC service is not running: {_START_PCSCD}; waiting for it",
    events.LostReason.NO_READER: f"no matching card reader: {_PLUG_READER}; waiting for one",
    events.LostReason.UNPLUGGED: "unplugged; waiting for it to come back",
}
_SHOWN_UID_BYTES = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (0 done, 1 no reader or no service, 2 wrong usage)."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "list":
            return _list()
        return _watch(options.reader, full=options.full)
    except (reader.ReaderSupportMissing, ValueError) as fault:
        print(f"nfc-cards: {fault}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nfc-cards", description="Shows card readers and what is laid on them.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="print the readers plugged in now")
    watch = commands.add_parser("watch", help="print one line per event until Ctrl-C")
    watch.add_argument("--reader", default="pcsc", metavar="SPEC", help="'pcsc' or 'pcsc:NAME' (default: every reader)")
    watch.add_argument("--full", action="store_true", help="print UIDs whole instead of masked")
    return parser


def _list() -> int:
    try:
        names = reader.list_readers()
    except service.ServiceLost as fault:
        print(f"nfc-cards: the PC/SC service is not running ({fault}): {_START_PCSCD}", file=sys.stderr)
        return 1
    if not names:
        print(f"nfc-cards: no card reader found: {_PLUG_READER}", file=sys.stderr)
        return 1
    for name in names:
        print(name)
    return 0


def _watch(spec: str, *, full: bool) -> int:
    inbox: queue.SimpleQueue[events.Event | None] = queue.SimpleQueue()

    def stop(number: int, frame: FrameType | None) -> None:
        inbox.put(None)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with reader.open_reader(spec, inbox.put):
        while (event := inbox.get()) is not None:
            # Flushed at once: people pipe this into tee and grep while tapping.
            print(f"{dt.datetime.now().astimezone():%H:%M:%S.%f}"[:-3], describe(event, full=full), flush=True)
    return 0


def describe(event: events.Event, *, full: bool) -> str:
    """Return an event as one line.

    Args:
        event: any of the reader's events.
        full: print the UID whole; otherwise only its last two bytes.
    """
    match event:
        case events.ReaderReady(name):
            return f"{name}: ready"
        case events.ReaderLost(name, reason):
            return f"{name or 'readers'}: {_LOST[reason]}"
        case events.CardPresented(name, evidence):
            return f"{name}: card {_evidence(evidence, full=full)}, read in {event.read_s * 1000:.1f} ms"
        case events.CardUnreadable(name, reason, atr):
            return f"{name}: card unreadable: {reason}, ATR {atr.hex(' ').upper() or 'none'}"
        case events.CardGone(name):
            return f"{name}: card gone"


def _evidence(evidence: Evidence, *, full: bool) -> str:
    uid = evidence.uid.hex().upper()
    if not full:
        shown = uid[-2 * _SHOWN_UID_BYTES :]
        uid = "·" * (len(uid) - len(shown)) + shown
    sun = "with SUN" if evidence.sun_url else "no SUN"
    return f"{evidence.family}, UID {uid}, claims {evidence.assurance}, {sun}"


if __name__ == "__main__":
    sys.exit(main())
