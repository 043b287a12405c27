"""Starts the whole product on this machine, with invented people: `./dev demo`, or `./dev demo --script`."""

import argparse
import shutil
import signal
import sys
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from club import resources
from club.model.clock import clock_for
from demo import hours, welcome
from demo.house import House, Options, fresh_state
from demo.panel import CardLine, Panel
from demo.processes import ProgramFailed
from demo.reader import ReaderTrouble
from demo.turn import AlreadyRunning, alone, kept_name
from demo.witness import NotSeen
from demo.xscreen import NoScreen

DRAWN_DAY = "2026-05-16T14:32:00+08:00"
_LOOK_S = 0.5
_ROOT = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit code: 0 when every step was seen (or the user stopped it), 1 otherwise."""
    options = _parser().parse_args(arguments)
    root = _ROOT / ".cache" / "demo"
    try:
        with alone(root, options.keep):
            return _run(options, root)
    except AlreadyRunning as first:
        print(first, file=sys.stderr, flush=True)
        return 1


def output_folder(keep: str) -> Path:
    """Where a run leaves logs and pictures: each kept one has a place of its own, beside that of the others."""
    return _ROOT / "out" / (f"demo-{keep}" if keep else "demo")


def _run(options: argparse.Namespace, root: Path) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    out = output_folder(options.keep)
    shutil.rmtree(out, ignore_errors=True)
    house = House(
        Options(
            state=fresh_state(root, options.keep),
            logs=out / "logs",
            pinned=options.clock if options.clock is not None else (DRAWN_DAY if options.script else ""),
            virtual=options.script or options.virtual,
        ),
        lambda text: print(f"  {text} ...", flush=True),
    )
    began = time.monotonic()
    try:
        with house:
            print(f"  all is up after {time.monotonic() - began:.0f} s", flush=True)
            return _script(house, out) if options.script else _stay(house)
    except KeyboardInterrupt:
        print("\n  stopped", flush=True)
        return 0 if not options.script else 1
    except (ProgramFailed, NotSeen, NoScreen, ReaderTrouble) as trouble:
        print(f"\nThe demo failed: {trouble}\nLogs of all programs: {out / 'logs'}", file=sys.stderr, flush=True)
        return 1
    finally:
        print("  everything is stopped", flush=True)


def _script(house: House, out: Path) -> int:
    from demo import story  # Playwright and OpenCV are for development only

    began = time.monotonic()
    story.play(house, out, lambda line: print(f"  seen  {line}", flush=True))
    print(f"The whole story was seen on the glass in {time.monotonic() - began:.0f} s; pictures: {out}", flush=True)
    return 0


def _stay(house: House) -> int:
    cards = [CardLine(card.name, card.title, card.remark, house.pin_of(card.name)) for card in house.reader.cards]
    with Panel(cards, house.reader.act) as panel:
        print("\n".join(welcome.lines(house, panel.url, clock_for(house.options.pinned).now())), flush=True)
        if not house.options.virtual and not house.no_screen:
            webbrowser.open(panel.url)
        while (ended := house.ended()) is None:
            time.sleep(_LOOK_S)
    raise ProgramFailed(f"expected all programs to run on; {ended.name} did not: {ended.fate}. Its log: {ended.log}")


def _instant(text: str) -> str:
    zone = hours.of_display(resources.demo_dir(), "").zone
    return hours.instant(text, zone, clock_for("").now())


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./dev demo", description="The whole product on this machine, with invented people."
    )
    parser.add_argument(
        "--script",
        action="store_true",
        help="play the story by itself, each step seen on the glass; pictures in out/demo (with --keep in out/demo-NAME)",
    )
    parser.add_argument(
        "--keep",
        metavar="NAME",
        type=kept_name,
        default="",
        help="keep this run's data under a name, or go on with it; its logs are in out/demo-NAME/logs",
    )
    parser.add_argument("--virtual", action="store_true", help="use virtual screens even where a real one is at hand")
    parser.add_argument(
        "--clock",
        metavar="TIME",
        type=_instant,
        help=f"start every clock here: a time of today in the store such as {hours.GOOD_TIME}, or an instant such as {DRAWN_DAY}",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
