"""Draws sample screens into PNGs: ``python -m kiosk_app.ui.preview kiosk-05-home home.png``, or ``--all FOLDER``."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from club.ui import window
from kiosk_app.present import samples, samples_en

_PATIENCE_S = 20.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Open a window on the present display, show each sample and write it once it has settled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("screen", nargs="?", choices=sorted(samples.SAMPLES), help="which sample")
    parser.add_argument("png", nargs="?", type=Path, help="where to write it")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="write every sample to a folder")
    parser.add_argument("--width", type=int, default=1080, help="of the window in px (default 1080)")
    parser.add_argument("--english", action="store_true", help="in English")
    parser.add_argument("--large", action="store_true", help="in large text")
    parser.add_argument("--contrast", action="store_true", help="in white and yellow on black")
    options = parser.parse_args(arguments)
    if options.all is None and (options.screen is None or options.png is None):
        parser.error("expected a sample and a file, or --all and a folder")
    wanted = (
        {name: options.all / f"{name}.png" for name in samples.SAMPLES}
        if options.all
        else {options.screen: options.png}
    )
    window.prepare(options.width, options.width * 1920 // 1080, title="kiosk preview")
    from kivy.base import EventLoop

    from kiosk_app.ui import shell

    ui = shell.KioskUI(_nobody)
    views = samples_en.SAMPLES if options.english else samples.SAMPLES
    for name, path in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        ui.show(structs.replace(views[name], large=options.large, contrast=options.contrast))
        deadline = time.monotonic() + _PATIENCE_S
        for frame in range(10_000):
            EventLoop.idle()
            if frame > 3 and ui.settled:
                break
            if time.monotonic() > deadline:
                sys.stderr.write(f"{name}: expected it to settle within {_PATIENCE_S:.0f} s; it did not\n")
                return 1
        ui.screenshot(path)
    ui.close()
    return 0


def _nobody(action: str, arg: str) -> None:
    """Take a touch and do nothing with it."""


if __name__ == "__main__":
    sys.exit(main())
