"""The ``nfc-cards`` command: which readers are there, what lies on them, and cards for a laboratory. In English."""

from __future__ import annotations

import argparse
import datetime as dt
import queue
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from nfc import doctor, events, families, naming, one_card, reader, service, spoken
from nfc.families.inspection import inspect
from nfc.issuing import bench
from nfc.issuing.authority import AuthorityRefused, Purpose
from nfc.issuing.journal import JournalDamaged
from nfc.issuing.key_file import KeyFileRefused
from nfc.protocol import errors
from nfc.transcript import Recorder

Command = Callable[[argparse.Namespace], int]

_LONGEST_S = 86_400


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (0 done, 1 not done: no reader, no card, refused; 2 wrong usage)."""
    options = _parser().parse_args(arguments)
    command: Command = options.run
    try:
        return command(options)
    except service.ServiceLost as fault:
        return _fail(f"the PC/SC service is not running ({fault}): {spoken.START_PCSCD}; 'nfc-cards doctor' says more")
    except errors.CardLeft:
        return _fail(
            "the card was taken away too early; lay it down again and run the same command: it goes on from there"
        )
    except (
        reader.ReaderSupportMissing,
        one_card.NoCard,
        AuthorityRefused,
        KeyFileRefused,
        JournalDamaged,
        errors.ProtocolError,
        service.ServiceError,
        OSError,
        ValueError,
    ) as fault:
        return _fail(str(fault))


def _fail(what: str) -> int:
    print(f"nfc-cards: {what}", file=sys.stderr)
    return 1


def _seconds(text: str) -> float:
    """A time to wait, in seconds."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"expected seconds above 0, at most {_LONGEST_S}, found {text}")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nfc-cards", description="Shows card readers and what is laid on them.")
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, run: Command, said: str, *, reads: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=said, description=said)
        command.set_defaults(run=run)
        if reads:
            command.add_argument(
                "--reader",
                default="pcsc",
                metavar="SPEC",
                help="'pcsc', 'pcsc:NAME', 'pcsc:serial=SERIAL' or 'pcsc:port=1-1.2' (default: every reader)",
            )
        return command

    add("list", _list, "print the readers plugged in now, with serial number and USB port", reads=False)
    watch = add("watch", _watch, "print one line per event until Ctrl-C")
    watch.add_argument("--full", action="store_true", help="print UIDs whole instead of masked")
    identify = add("identify", _identify, "wait for one card and print what it is and what it proves")
    identify.add_argument("--full", action="store_true", help="print the UID whole instead of masked")
    identify.add_argument("--seconds", type=_seconds, default=30.0, help="how long to wait for it (default: 30)")
    identify.add_argument(
        "--record", type=Path, metavar="FILE", help="write all it says down; its UID only with --full"
    )
    add("doctor", _doctor, "find out why cards are not read, and what to do about it", reads=False)
    new = add("new-keys", _new_keys, "make a file of fresh keys for a laboratory", reads=False)
    new.add_argument("file", type=Path, help="made readable by its owner only; never written over")
    new.add_argument("--url", required=True, help="what cards show, with {picc} and {mac}")
    for name, said in (
        ("issue", "make one NTAG 424 DNA, DESFire or MIFARE Classic a member card; torn or older ones are finished"),
        ("reset", "return one such card to the factory's state"),
    ):
        command = add(name, _change, said)
        command.add_argument("--keys", type=Path, required=True, metavar="FILE", help="see 'nfc-cards new-keys'")
        command.add_argument("--journal", type=Path, metavar="FILE", help="default: beside the keys, with .journal")
        command.add_argument("--seconds", type=_seconds, default=30.0, help="how long to wait for a card (default: 30)")
        command.add_argument("--steps", action="store_true", help="print every step")
    return parser


def _list(_: argparse.Namespace) -> int:
    found = reader.list_readers()
    if not found:
        return _fail(f"no card reader found: {spoken.PLUG_READER}")
    for one in found:
        extra = [f"serial={one.parts.serial}"] if one.parts.serial else []
        extra += [f"port={one.port}"] if one.port else []
        print("  ".join([one.name, *extra]))
    return 0


def _doctor(_: argparse.Namespace) -> int:
    findings = doctor.examine(doctor.Machine())
    for finding in findings:
        print(f"{finding.verdict:5} {finding.found}")
        if finding.fix:
            print(f"      do: {finding.fix}")
    return int(any(finding.verdict is doctor.Verdict.BAD for finding in findings))


def _watch(options: argparse.Namespace) -> int:
    inbox: queue.SimpleQueue[events.Event | None] = queue.SimpleQueue()

    def stop(number: int, frame: FrameType | None) -> None:
        inbox.put(None)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with reader.open_reader(options.reader, inbox.put):
        while (event := inbox.get()) is not None:
            # Flushed at once: people pipe this into tee and grep while tapping.
            print(
                f"{dt.datetime.now().astimezone():%H:%M:%S.%f}"[:-3], spoken.event(event, full=options.full), flush=True
            )
    return 0


def _identify(options: argparse.Namespace) -> int:
    inbox: queue.SimpleQueue[events.Event] = queue.SimpleQueue()
    missing = ""
    with reader.open_reader(options.reader, inbox.put):
        print("lay a card on the reader", file=sys.stderr)
        while True:
            try:
                event = inbox.get(timeout=options.seconds)
            except queue.Empty:
                waited = f"no card came within {options.seconds:.0f} s"
                return _fail(f"{waited}: {missing or 'lay one flat on the reader'}; 'nfc-cards doctor' says more")
            if isinstance(event, events.ReaderReady):
                missing = ""
            elif isinstance(event, events.ReaderLost):
                missing = "there was no reader to lay it on"
                print(spoken.event(event, full=False), file=sys.stderr)
            elif isinstance(event, events.CardPresented | events.CardUnreadable):
                for line in spoken.card(event, full=options.full):
                    print(line)
                if isinstance(event, events.CardPresented):
                    _look_closer(event, options)
                return int(isinstance(event, events.CardUnreadable))


def _look_closer(event: events.CardPresented, options: argparse.Namespace) -> None:
    evidence = event.evidence
    try:
        with reader.connected() as context, context.card(event.reader) as transmit:
            recorder = Recorder(transmit, evidence.atr, [f"{evidence.family}, read on {event.reader}"])
            families.read_evidence(recorder, evidence.atr)
            lines = spoken.closer(inspect(recorder, evidence))
    except (families.NotReadable, errors.ProtocolError, service.ServiceError) as fault:
        print(f"no closer look: {fault}", file=sys.stderr)
        return
    for line in lines:
        print(line)
    if options.record:
        tap = recorder.transcript if options.full else recorder.transcript.pseudonymous(evidence.uid)
        options.record.write_text(tap.to_text(), encoding="utf-8")
        print(
            f"written to  {options.record}: {len(tap.lines)} exchanges; keep it as you keep what the card itself says"
        )


def _new_keys(options: argparse.Namespace) -> int:
    bench.new_keys(options.file, options.url)
    print(f"{options.file}: fresh keys of version 1. Keep a copy: a card whose keys are lost is lost.")
    return 0


def _change(options: argparse.Namespace) -> int:
    journal = options.journal or options.keys.with_name(options.keys.name + ".journal")
    with bench.Bench(options.keys, journal, lambda: dt.datetime.now(dt.UTC).isoformat(timespec="seconds")) as work:
        for waiting in work.torn():
            print(f"not finished: {waiting}", file=sys.stderr)
        print("lay a card on the reader and leave it there", file=sys.stderr)
        told = print if options.steps else lambda _: None
        with reader.connected() as context:
            outcome = work.change(
                context, naming.choice(options.reader), Purpose(options.command), options.seconds, told
            )
    done = "a member card" if outcome.purpose is Purpose.ISSUE else "a blank card"
    print(f"{done}, keys of version {outcome.version}, checked by reading it back")
    return 0


if __name__ == "__main__":
    sys.exit(main())
